/** The camera of one image view: what the tag asks for at the start, and every way to move it. */
import { attr, boolAttr, enumAttr } from "../../config/attrs";
import type { ConfigNode } from "../../config/types";
import {
  type Camera,
  type FitOptions,
  fitScale,
  fitView,
  keepInSight,
  pan,
  place,
  reveal,
  zoomAt,
} from "../../geometry/camera";
import type { Bounds, Point, Size } from "../../geometry/point";
import { type Turn, turnBy, turnedSize } from "../../geometry/turn";

const ZOOM_STEP = 1.25;
const FIT_MARGIN = 8;
const ANY_SIZE: Size = { width: 1, height: 1 };

export class CameraControl {
  private camera: Camera = { image: ANY_SIZE, viewport: ANY_SIZE, turn: 0, scale: 1, tx: 0, ty: 0 };
  /** The camera still shows the whole image, so it follows the size of the window. */
  private fitted = true;

  constructor(
    private readonly node: ConfigNode,
    private readonly changed: () => void,
  ) {}

  get view(): Camera {
    return this.camera;
  }

  /** Starts over with another picture. */
  start(image: Size, turn: Turn): void {
    this.camera = { ...this.camera, image, turn };
    const mode = enumAttr(this.node, "defaultZoom", ["auto", "original", "fit"], "fit");
    const small = fitScale(this.camera, { margin: FIT_MARGIN }) > 1;
    if (mode === "original" || (mode === "auto" && small)) {
      this.fitted = false;
      this.apply(keepInSight(place({ ...this.camera, scale: 1 }, this.fitOptions())));
    } else {
      this.fit();
    }
  }

  resize(viewport: Size): void {
    this.camera = { ...this.camera, viewport };
    if (this.fitted) this.fit();
    else this.apply(keepInSight(this.camera));
  }

  set(camera: Camera): void {
    this.fitted = false;
    this.apply(camera);
  }

  fit(): void {
    this.fitted = true;
    this.apply(fitView(this.camera, this.fitOptions()));
  }

  zoomBy(anchor: Point, factor: number): void {
    const fitting = fitScale(this.camera, { margin: FIT_MARGIN });
    const least = Math.min(fitting, 1) * (boolAttr(this.node, "negativeZoom") ? 0.1 : 1);
    const next = zoomAt(this.camera, anchor, factor, least);
    // At the scale that just fits, the picture goes back to its place.
    if (Math.abs(next.scale - fitting) < 1e-9) this.fit();
    else this.set(next);
  }

  zoomStep(direction: 1 | -1): void {
    this.zoomBy(this.middle(), ZOOM_STEP ** direction);
  }

  original(): void {
    this.zoomBy(this.middle(), 1 / this.camera.scale);
  }

  panBy(delta: Point): void {
    this.set(pan(this.camera, delta));
  }

  turn(degrees: 90 | -90): Turn {
    this.camera = { ...this.camera, turn: turnBy(this.camera.turn, degrees) };
    this.fit();
    return this.camera.turn;
  }

  /** Moves only when the bounds (image pixels) are not in sight yet. */
  reveal(bounds: Bounds, margin?: number): void {
    const next = reveal(this.camera, bounds, margin);
    const still =
      next.tx === this.camera.tx && next.ty === this.camera.ty && next.scale === this.camera.scale;
    if (!still) this.set(next);
  }

  /** Whether the image is larger than the window, so that the wheel has something to scroll. */
  canScroll(): boolean {
    const size = turnedSize(this.camera.image, this.camera.turn);
    const { viewport, scale } = this.camera;
    return size.width * scale > viewport.width + 1 || size.height * scale > viewport.height + 1;
  }

  private middle(): Point {
    return { x: this.camera.viewport.width / 2, y: this.camera.viewport.height / 2 };
  }

  private apply(camera: Camera): void {
    this.camera = camera;
    this.changed();
  }

  /** Alignment counts only when the tag asks for it: a centred picture leaves room on both sides. */
  private fitOptions(): FitOptions {
    const asked = (name: string) => attr(this.node, name) !== undefined;
    return {
      margin: FIT_MARGIN,
      horizontal: asked("horizontalAlignment")
        ? enumAttr(this.node, "horizontalAlignment", ["left", "center", "right"] as const, "center")
        : "center",
      vertical: asked("verticalAlignment")
        ? enumAttr(this.node, "verticalAlignment", ["top", "center", "bottom"] as const, "center")
        : "center",
    };
  }
}
