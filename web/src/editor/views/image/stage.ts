/** The layers of an image view: the picture, the canvas over it, the SVG over both. */
import { attr, boolAttr, numAttr } from "../../config/attrs";
import type { ConfigNode } from "../../config/types";
import type { Camera } from "../../geometry/camera";
import { turnedSize } from "../../geometry/turn";
import { loadNotice, make, uniqueId } from "../dom";
import { Overlay, type OverlayInput } from "./overlay";
import { type GridOptions, Painter } from "./painter";
import type { Scene, SceneItem } from "./scene";
import type { BoxStyle } from "./style";

const HELP =
  "Arrow keys move a crosshair, Enter starts and ends a box. With a box selected the arrows move it by one pixel, " +
  "with Shift by ten, with Alt they change its size. Tab goes to the next region.";
/** From this scale on single pixels are shown as squares. */
const PIXELATED_FROM = 4;

export class Stage {
  readonly element = make("div", "ed-image-stage");
  readonly overlay = Overlay.create(uniqueId("ed-shape"));
  private readonly canvas = make("canvas", "ed-image-canvas");
  private readonly painter = new Painter(this.canvas);
  private readonly grid: GridOptions | null;
  private picture: HTMLImageElement | null = null;
  private filter = "";

  constructor(private readonly node: ConfigNode) {
    this.grid = boolAttr(node, "grid")
      ? { step: Math.max(1, numAttr(node, "gridSize", 30)), color: attr(node, "gridColor") ?? "#EEEEF4" }
      : null;
    const help = make("span", "ed-visually-hidden", HELP);
    help.id = uniqueId("ed-help");
    const { element } = this;
    element.tabIndex = 0;
    element.setAttribute("role", "application");
    element.setAttribute("aria-roledescription", "image");
    element.setAttribute("aria-label", `Image ${node.name}`);
    element.setAttribute("aria-describedby", help.id);
    element.append(this.canvas, this.overlay.element, help);
  }

  get ready(): boolean {
    return this.picture !== null;
  }

  /** Takes away picture and error: something is being loaded. */
  busy(): void {
    this.picture?.remove();
    this.picture = null;
    this.element.querySelector(".ed-load-error")?.remove();
    this.element.setAttribute("aria-busy", "true");
  }

  show(picture: HTMLImageElement): void {
    this.element.removeAttribute("aria-busy");
    picture.className = "ed-image-picture";
    this.picture = picture;
    this.element.prepend(picture);
  }

  fail(title: string, detail: string, retry: () => void): void {
    this.element.removeAttribute("aria-busy");
    this.element.append(loadNotice(title, detail, retry));
  }

  /** Measures the window onto the image; null while it is not laid out. */
  measure(): { width: number; height: number } | null {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (width === 0 || height === 0) return null;
    this.painter.resize(width, height, window.devicePixelRatio || 1);
    return { width, height };
  }

  setFilter(brightness: number, contrast: number): void {
    this.filter =
      brightness === 100 && contrast === 100 ? "" : `brightness(${brightness}%) contrast(${contrast}%)`;
  }

  /** The picture and the boxes that are not in a gesture. */
  paintIdle(
    scene: Scene,
    camera: Camera,
    skip: ReadonlySet<string>,
    style: (item: SceneItem) => BoxStyle,
  ): void {
    if (this.picture) this.placePicture(this.picture, camera);
    const dpr = window.devicePixelRatio || 1;
    this.painter.paint({ scene, camera, dpr, skip, grid: this.grid, style });
  }

  paintOverlay(input: Omit<OverlayInput, "captionWidth">): void {
    const first = input.shapes[0];
    if (first) this.element.setAttribute("aria-activedescendant", this.overlay.shapeId(first.id));
    else this.element.removeAttribute("aria-activedescendant");
    this.overlay.paint({ ...input, captionWidth: (text) => this.painter.captionWidth(text) });
  }

  private placePicture(picture: HTMLImageElement, camera: Camera): void {
    const { scale, tx, ty, turn, image } = camera;
    const shown = turnedSize(image, turn);
    // Turned about its own centre, then moved so that the turned picture's corner lies at (tx, ty).
    const x = tx + ((shown.width - image.width) * scale) / 2;
    const y = ty + ((shown.height - image.height) * scale) / 2;
    picture.style.width = `${image.width * scale}px`;
    picture.style.height = `${image.height * scale}px`;
    picture.style.transform = `translate(${x}px, ${y}px) rotate(${turn}deg)`;
    picture.style.filter = this.filter;
    picture.style.imageRendering = this.smooth(scale) ? "auto" : "pixelated";
  }

  private smooth(scale: number): boolean {
    return attr(this.node, "smoothing") === undefined
      ? scale < PIXELATED_FROM
      : boolAttr(this.node, "smoothing");
  }
}
