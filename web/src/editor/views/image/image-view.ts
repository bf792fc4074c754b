import "../media.css";
import { attr, boolAttr, enumAttr } from "../../config/attrs";
import { assignHotkeys } from "../../core/hotkeys";
import type { Change, ObjectView, Region, ViewContext } from "../../core/types";
import type { Box } from "../../geometry/box";
import type { Camera } from "../../geometry/camera";
import type { Bounds, Point } from "../../geometry/point";
import { asTurn } from "../../geometry/turn";
import { make } from "../dom";
import { CameraControl } from "./camera-control";
import { bindInput, type InputHost } from "./input";
import { describe, KeyboardDrawing, type KeyboardHost } from "./keyboard";
import type { SelectedShape } from "./overlay";
import { type GestureHost, type Grip, type Mode, PointerGestures } from "./pointer";
import { BoxRecords, type Placement } from "./records";
import { Scene, type SceneItem } from "./scene";
import { secondLook } from "./second-look";
import { type ImageSource, imageSource, loadImage } from "./source";
import { Stage } from "./stage";
import { type BoxStyle, boxStyle } from "./style";
import { Toolbar } from "./toolbar";

const ANY_SIZE = { width: 1, height: 1 };
/** With more shapes selected only outlines are drawn, without handles. */
const MAX_HANDLED = 1;
/** The Image object: a picture under a camera, boxes over it. */
export class ImageView implements ObjectView, GestureHost, KeyboardHost, InputHost {
  readonly scene: Scene;
  readonly gestures = new PointerGestures(this);
  readonly keyboard = new KeyboardDrawing(this);
  readonly labelKeys: ReadonlySet<string>;
  private readonly root = make("div", "ed-image");
  private readonly stage: Stage;
  private readonly cameras: CameraControl;
  private readonly toolbar: Toolbar;
  private readonly source: ImageSource;
  private readonly records: BoxRecords;
  private readonly unbind: () => void;
  private readonly observer: ResizeObserver;
  private loading = new AbortController();
  private page = 0;
  private current: Mode = "select";
  private spaceHeld = false;
  private previewed: ReadonlyMap<string, Box> | null = null;
  private draftBox: Box | null = null;
  /** A finished box that waits for its label. */
  private waiting: Box | null = null;
  private marqueeBounds: Bounds | null = null;
  private crosshairAt: Point | null = null;
  private pointer: Point | null = null;
  private styles = new WeakMap<Region, BoxStyle>();
  private frame = 0;
  private stale = { idle: true };

  constructor(
    host: HTMLElement,
    private readonly ctx: ViewContext,
  ) {
    const { node } = ctx;
    this.labelKeys = new Set(assignHotkeys(ctx.store.config).map((binding) => binding.key));
    this.source = imageSource(ctx);
    this.records = new BoxRecords(ctx);
    this.scene = new Scene(ctx.store, node.name, ANY_SIZE, this.pageKey());
    this.stage = new Stage(node);
    this.cameras = new CameraControl(node, () => this.cameraMoved());
    this.toolbar = new Toolbar({
      canDraw: this.records.drawing.length > 0 && !ctx.readOnly,
      pages: this.source.urls.length,
      rotate: boolAttr(node, "rotateControl"),
      brightness: boolAttr(node, "brightnessControl"),
      contrast: boolAttr(node, "contrastControl"),
      command: (name) => this.command(name),
      filter: (brightness, contrast) => {
        this.stage.setFilter(brightness, contrast);
        this.invalidate("all");
      },
    });
    this.build(host);
    this.unbind = bindInput(this.stage.element, this);
    this.observer = new ResizeObserver(() => this.measure());
    this.observer.observe(this.stage.element);
    this.setMode(this.records.drawsWithoutLabel() ? "draw" : "select");
    this.load();
  }

  // --- ObjectView -------------------------------------------------------------------------------------------

  update(change: Change): void {
    if (change.theme) this.styles = new WeakMap();
    if (change.ids.size > 0 && !change.selection && this.gestures.active) this.gestures.cancel();
    const redrawn = this.scene.refresh(change.ids);
    if (redrawn || change.theme) this.invalidate("all");
    else if (change.selection || change.armed) this.invalidate("overlay");
  }

  reveal(id: string): void {
    const region = this.ctx.store.regions.get(id);
    if (!region) return;
    if (this.source.paged && (region.dims?.item_index ?? 0) !== this.page)
      this.showPage(region.dims?.item_index ?? 0);
    const item = this.scene.get(id);
    if (item && this.stage.ready) this.cameras.reveal(item.bounds);
  }

  command(name: string): boolean {
    switch (name) {
      case "commit-pending":
        return this.createWaiting();
      case "cancel":
        return this.leave();
      case "focus":
        this.stage.element.focus({ preventScroll: true });
        return true;
      case "tool:select":
      case "tool:pan":
        this.setMode(name === "tool:pan" ? "pan" : "select");
        return true;
      case "tool:draw":
      case "tool:box":
        if (!this.canDraw()) return false;
        this.setMode("draw");
        return true;
      case "zoom:in":
      case "zoom:out":
        this.cameras.zoomStep(name === "zoom:in" ? 1 : -1);
        return true;
      case "zoom:fit":
        this.cameras.fit();
        return true;
      case "zoom:original":
        this.cameras.original();
        return true;
      case "rotate:left":
      case "rotate:right":
        this.turn(name === "rotate:right" ? 90 : -90);
        return true;
      case "page:previous":
      case "page:next":
        return this.showPage(this.page + (name === "page:next" ? 1 : -1));
      default:
        return false;
    }
  }

  destroy(): void {
    this.loading.abort();
    this.observer.disconnect();
    this.unbind();
    cancelAnimationFrame(this.frame);
    this.root.remove();
  }

  // --- what the gestures ask and tell -----------------------------------------------------------------------

  camera = (): Camera => this.cameras.view;
  setCamera = (camera: Camera): void => this.cameras.set(camera);
  panBy = (delta: Point): void => this.cameras.panBy(delta);
  canScroll = (): boolean => this.cameras.canScroll();
  mode = (): Mode => this.current;
  panning = (): boolean => this.spaceHeld;
  selection = (): ReadonlySet<string> => this.ctx.store.selection;
  gripAt = (at: Point): Grip | null => this.stage.overlay.gripAt(at);
  announce = (text: string): void => this.ctx.announce(text);

  canDraw(): boolean {
    return this.records.drawing.length > 0 && !this.ctx.readOnly && this.stage.ready;
  }

  armed(): boolean {
    return this.canDraw() && this.records.armed();
  }

  editable(id: string): boolean {
    const region = this.scene.get(id)?.region;
    return region !== undefined && !region.locked && !this.ctx.readOnly;
  }

  select(ids: string[], mode: "set" | "toggle" | "add"): void {
    this.ctx.store.select(ids, mode);
  }

  preview(boxes: ReadonlyMap<string, Box> | null): void {
    // The idle layer is painted once when boxes leave it for a gesture, and once when they come back.
    const lifted = (boxes === null) !== (this.previewed === null);
    this.previewed = boxes;
    this.invalidate(lifted ? "all" : "overlay");
  }

  draft(box: Box | null): void {
    this.draftBox = box;
    if (box) this.waiting = null;
    this.invalidate("overlay");
  }

  marquee(bounds: Bounds | null): void {
    this.marqueeBounds = bounds;
    this.invalidate("overlay");
  }

  crosshair(at: Point | null): void {
    this.crosshairAt = at;
    if (at) {
      this.cameras.reveal({ minX: at.x, minY: at.y, maxX: at.x, maxY: at.y }, 12);
    }
    this.invalidate("overlay");
  }

  commit(boxes: ReadonlyMap<string, Box>, label: string): void {
    this.records.commit(this.scene, boxes, label, this.placement());
  }

  create(box: Box): void {
    const placed = this.records.placed(box);
    const region = this.records.create(placed, this.placement());
    this.waiting = region ? null : placed;
    if (region) this.ctx.announce(`${this.ctx.theme.caption(region) || "Box"}, ${describe(placed)}`);
    this.invalidate("overlay");
  }

  zoomBy(anchor: Point, factor: number): void {
    if (this.stage.ready) this.cameras.zoomBy(anchor, factor);
  }

  hover(at: Point | null): void {
    this.pointer = at;
    if (at) {
      const grip = this.gestures.active ? null : this.gripAt(at);
      const resizing = grip && this.editable(grip.id) && !this.spaceHeld && this.current !== "pan";
      this.stage.element.style.cursor = resizing
        ? this.stage.overlay.cursorFor(grip)
        : this.gestures.cursor(at);
    }
    if (boolAttr(this.ctx.node, "crosshair")) this.invalidate("overlay");
  }

  setPanning(on: boolean): void {
    if (on === this.spaceHeld) return;
    this.spaceHeld = on;
    this.hover(this.pointer);
  }

  step(by: 1 | -1): boolean {
    const items = this.scene.all().filter((item) => !item.region.hidden);
    const [only] = this.ctx.store.selection;
    const at = items.findIndex((item) => item.id === only);
    const next = items[at === -1 ? (by === 1 ? 0 : items.length - 1) : at + by];
    if (!next) return false;
    this.keyboard.flush();
    this.select([next.id], "set");
    this.reveal(next.id);
    this.ctx.announce(this.titleOf(next));
    return true;
  }

  changed(): void {
    this.invalidate("overlay");
  }

  // --- parts ------------------------------------------------------------------------------------------------

  private build(host: HTMLElement): void {
    this.root.append(this.toolbar.element, this.stage.element);
    for (const name of ["width", "maxWidth"] as const) {
      const value = attr(this.ctx.node, name);
      if (value !== undefined) this.root.style[name] = /^\d+$/.test(value) ? `${value}px` : value;
    }
    host.append(this.root);
  }

  private load(): void {
    this.loading.abort();
    this.loading = new AbortController();
    this.stage.busy();
    this.toolbar.setPage(this.page);
    const url = this.source.urls[this.page];
    if (url === undefined) {
      this.fail("This task has no image", `The task data has no address for ${this.ctx.node.name}.`);
      return;
    }
    const crossOrigin = enumAttr(
      this.ctx.node,
      "crossOrigin",
      ["none", "anonymous", "use-credentials"],
      "none",
    );
    const { signal } = this.loading;
    loadImage(url, crossOrigin, signal)
      .catch(() => secondLook(url, signal))
      .then(
        (image) => {
          if (!signal.aborted) this.show(image);
        },
        (error: Error) => {
          if (!signal.aborted) this.fail("The image could not be loaded", error.message);
        },
      );
  }

  private show(image: HTMLImageElement): void {
    this.stage.show(image);
    const size = { width: image.naturalWidth, height: image.naturalHeight };
    this.scene.reset(size, this.pageKey());
    const turned = this.scene.all().find((item) => item.region.dims?.image_rotation !== undefined);
    this.measure();
    this.cameras.start(size, asTurn(turned?.region.dims?.image_rotation ?? 0));
  }

  private fail(title: string, detail: string): void {
    this.stage.fail(title, detail, () => this.load());
  }

  private measure(): void {
    const viewport = this.stage.measure();
    if (viewport) this.cameras.resize(viewport);
  }

  private cameraMoved(): void {
    this.toolbar.setZoom(this.stage.ready ? this.cameras.view.scale : null);
    this.invalidate("all");
  }

  private turn(degrees: 90 | -90): void {
    const turn = this.cameras.turn(degrees);
    this.ctx.announce(turn === 0 ? "Image upright" : `Image turned ${turn}°`);
  }

  private setMode(mode: Mode): void {
    this.current = mode;
    this.toolbar.setMode(mode);
    this.hover(this.pointer);
  }

  private showPage(index: number): boolean {
    if (index === this.page || index < 0 || index >= this.source.urls.length) return false;
    this.leave();
    this.page = index;
    this.load();
    this.ctx.announce(`Image ${index + 1} of ${this.source.urls.length}`);
    return true;
  }

  private pageKey(): number | null {
    return this.source.paged ? this.page : null;
  }

  private placement(): Placement {
    return { size: this.scene.imageSize, turn: this.cameras.view.turn, page: this.pageKey() };
  }

  /** Leaves what is under way, innermost first; false when nothing was. */
  private leave(): boolean {
    if (this.gestures.cancel() || this.keyboard.cancel()) return true;
    if (!this.waiting) return false;
    this.waiting = null;
    this.invalidate("overlay");
    return true;
  }

  private createWaiting(): boolean {
    if (!this.waiting) return false;
    this.create(this.waiting);
    return this.waiting === null;
  }

  private styleOf(region: Region): BoxStyle {
    let style = this.styles.get(region);
    if (!style) {
      style = boxStyle(region, this.records.controlOf(region), this.ctx.theme);
      this.styles.set(region, style);
    }
    return style;
  }

  private titleOf(item: SceneItem): string {
    const state = [item.region.locked && "locked", item.region.origin === "prediction" && "predicted"];
    const name = this.styleOf(item.region).caption || "No label";
    return [name, describe(item.box), ...state.filter(Boolean)].join(", ");
  }

  // --- painting ---------------------------------------------------------------------------------------------

  private invalidate(what: "all" | "overlay"): void {
    if (what === "all") this.stale.idle = true;
    if (!this.frame) this.frame = requestAnimationFrame(() => this.paint());
  }

  private paint(): void {
    this.frame = 0;
    const { idle } = this.stale;
    this.stale = { idle: false };
    if (!this.stage.ready) return;
    if (idle) {
      const skip = new Set(this.previewed?.keys());
      this.stage.paintIdle(this.scene, this.cameras.view, skip, (item) => this.styleOf(item.region));
    }
    this.paintOverlay();
  }

  private paintOverlay(): void {
    const selected = [...this.ctx.store.selection].flatMap((id) => this.scene.get(id) ?? []);
    const drawn = this.draftBox ?? this.waiting;
    this.stage.paintOverlay({
      camera: this.cameras.view,
      shapes: selected.map((item) => this.selectedShape(item, selected.length)),
      draft: drawn && { box: drawn, color: this.records.nextColor(), waiting: this.draftBox === null },
      marquee: this.marqueeBounds,
      crosshair: this.crosshairAt,
      guides: boolAttr(this.ctx.node, "crosshair") ? this.pointer : null,
    });
  }

  private selectedShape(item: SceneItem, count: number): SelectedShape {
    const handles = count <= MAX_HANDLED && this.editable(item.id);
    return {
      id: item.id,
      box: this.previewed?.get(item.id) ?? item.box,
      style: this.styleOf(item.region),
      title: this.titleOf(item),
      handles,
      rotatable: handles && this.records.canRotate(item.region),
    };
  }
}

export const mountImage = (host: HTMLElement, ctx: ViewContext): ObjectView => new ImageView(host, ctx);
