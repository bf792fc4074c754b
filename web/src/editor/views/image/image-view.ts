import "../media.css";
import { attr, boolAttr, enumAttr, numAttr } from "../../config/attrs";
import { assignHotkeys } from "../../core/hotkeys";
import type { Change, ObjectView, Op, Region, ViewContext } from "../../core/types";
import { type Box, snapToPixels, toPercent } from "../../geometry/box";
import {
  type Camera,
  fitScale,
  fitView,
  keepInSight,
  pan,
  place,
  reveal,
  zoomAt,
} from "../../geometry/camera";
import type { Bounds, Point } from "../../geometry/point";
import { asTurn, type Turn, turnBy, turnedSize } from "../../geometry/turn";
import { tagModule } from "../../tags/registry";
import { hostOf, loadNotice, make, uniqueId } from "../dom";
import { bindInput, type InputHost } from "./input";
import { describe, KeyboardDrawing, type KeyboardHost } from "./keyboard";
import { Overlay, type SelectedShape } from "./overlay";
import { type GridOptions, Painter } from "./painter";
import { type GestureHost, type Grip, type Mode, PointerGestures } from "./pointer";
import { Scene, type SceneItem } from "./scene";
import { type ImageSource, imageSource, loadImage } from "./source";
import { type BoxStyle, boxStyle } from "./style";
import { Toolbar } from "./toolbar";

const ZOOM_STEP = 1.25;
const FIT_MARGIN = 8;
const ANY_SIZE = { width: 1, height: 1 };
/** With more shapes selected only outlines are drawn, without handles. */
const MAX_HANDLED = 1;
const HELP =
  "Arrow keys move a crosshair, Enter starts and ends a box. With a box selected the arrows move it by one pixel, " +
  "with Shift by ten, with Alt they change its size. Tab goes to the next region.";

/** The Image object: a picture under a camera, boxes over it. */
export class ImageView implements ObjectView, GestureHost, KeyboardHost, InputHost {
  readonly scene: Scene;
  readonly gestures = new PointerGestures(this);
  readonly keyboard = new KeyboardDrawing(this);
  readonly labelKeys: ReadonlySet<string>;
  private readonly root = make("div", "ed-image");
  private readonly stage = make("div", "ed-image-stage");
  private readonly canvas = make("canvas", "ed-image-canvas");
  private readonly painter = new Painter(this.canvas);
  private readonly overlay = Overlay.create(uniqueId("ed-shape"));
  private readonly toolbar: Toolbar;
  private readonly source: ImageSource;
  private readonly drawing;
  private readonly grid: GridOptions | null;
  private readonly unbind: () => void;
  private readonly observer: ResizeObserver;
  private image: HTMLImageElement | null = null;
  private loading = new AbortController();
  private page = 0;
  private view: Camera = { image: ANY_SIZE, viewport: ANY_SIZE, turn: 0, scale: 1, tx: 0, ty: 0 };
  /** The camera still shows the whole image, so it follows the size of the window. */
  private fitted = true;
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
  private stale = { idle: true, overlay: true };

  constructor(
    host: HTMLElement,
    private readonly ctx: ViewContext,
  ) {
    const { node } = ctx;
    this.labelKeys = new Set(assignHotkeys(ctx.store.config).map((binding) => binding.key));
    this.source = imageSource(ctx);
    this.drawing = ctx.controls.filter((control) => tagModule(control.tag)?.shapes?.includes("box"));
    this.scene = new Scene(ctx.store, node.name, ANY_SIZE, this.pageKey());
    this.grid = boolAttr(node, "grid")
      ? { step: Math.max(1, numAttr(node, "gridSize", 30)), color: attr(node, "gridColor") ?? "#EEEEF4" }
      : null;
    this.toolbar = new Toolbar({
      canDraw: this.drawing.length > 0 && !ctx.readOnly,
      pages: this.source.urls.length,
      rotate: boolAttr(node, "rotateControl"),
      brightness: boolAttr(node, "brightnessControl"),
      contrast: boolAttr(node, "contrastControl"),
      command: (name) => this.command(name),
      filter: (brightness, contrast) => this.setFilter(brightness, contrast),
    });
    this.buildStage(host);
    this.unbind = bindInput(this.stage, this);
    this.observer = new ResizeObserver(() => this.measure());
    this.observer.observe(this.stage);
    this.setMode(this.drawsWithoutLabel() ? "draw" : "select");
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
    if (item && this.image) this.setCamera(reveal(this.view, item.bounds));
  }

  command(name: string): boolean {
    const middle = { x: this.view.viewport.width / 2, y: this.view.viewport.height / 2 };
    switch (name) {
      case "commit-pending":
        return this.createWaiting();
      case "cancel":
        return this.leave();
      case "focus":
        this.stage.focus({ preventScroll: true });
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
        this.zoomBy(middle, name === "zoom:in" ? ZOOM_STEP : 1 / ZOOM_STEP);
        return true;
      case "zoom:fit":
        this.fit();
        return true;
      case "zoom:original":
        this.zoomBy(middle, 1 / this.view.scale);
        return true;
      case "rotate:left":
      case "rotate:right":
        this.setTurn(turnBy(this.view.turn, name === "rotate:right" ? 90 : -90));
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

  camera = (): Camera => this.view;
  mode = (): Mode => this.current;
  panning = (): boolean => this.spaceHeld;
  selection = (): ReadonlySet<string> => this.ctx.store.selection;
  gripAt = (at: Point): Grip | null => this.overlay.gripAt(at);
  announce = (text: string): void => this.ctx.announce(text);

  canDraw(): boolean {
    return this.drawing.length > 0 && !this.ctx.readOnly && this.image !== null;
  }

  armed(): boolean {
    if (!this.canDraw()) return false;
    const { armedLabels } = this.ctx.store;
    const ready = (name: string) => (armedLabels.get(name)?.length ?? 0) > 0;
    const free = this.drawing.some((control) => !tagModule(control.tag)?.labels);
    return (free ? this.ctx.controls : this.drawing).some((control) => ready(control.name));
  }

  editable(id: string): boolean {
    const region = this.scene.get(id)?.region;
    return region !== undefined && !region.locked && !this.ctx.readOnly;
  }

  canRotate(id: string): boolean {
    const control = this.controlOf(this.scene.get(id)?.region);
    return control === undefined || boolAttr(control, "canRotate", true);
  }

  select(ids: string[], mode: "set" | "toggle" | "add"): void {
    this.ctx.store.select(ids, mode);
  }

  setCamera(camera: Camera): void {
    this.fitted = false;
    this.applyCamera(camera);
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
      const around = { minX: at.x, minY: at.y, maxX: at.x, maxY: at.y };
      this.applyCamera(reveal(this.view, around, 12));
    }
    this.invalidate("overlay");
  }

  commit(boxes: ReadonlyMap<string, Box>, label: string): void {
    const ops: Op[] = [];
    for (const [id, box] of boxes) {
      const item = this.scene.get(id);
      if (item) ops.push({ id, before: item.region, after: this.moved(item, box) });
    }
    this.ctx.store.apply(ops, label);
  }

  create(box: Box): void {
    const placed = this.snapped(box, this.nextControl());
    const shape = { kind: "box" as const, ...toPercent(placed, this.scene.imageSize) };
    const region = this.ctx.newRegion(shape, null, { dims: this.dims() });
    this.waiting = region ? null : placed;
    if (region) this.ctx.announce(`${this.ctx.theme.caption(region) || "Box"}, ${describe(placed)}`);
    this.invalidate("overlay");
  }

  zoomBy(anchor: Point, factor: number): void {
    if (!this.image) return;
    const fitting = fitScale(this.view, { margin: FIT_MARGIN });
    const least = Math.min(fitting, 1) * (boolAttr(this.ctx.node, "negativeZoom") ? 0.1 : 1);
    const next = zoomAt(this.view, anchor, factor, least);
    this.setCamera(next);
    if (Math.abs(next.scale - fitting) < 1e-9) this.fit();
  }

  panBy(delta: Point): void {
    this.setCamera(pan(this.view, delta));
  }

  canScroll(): boolean {
    const size = turnedSize(this.view.image, this.view.turn);
    const { viewport, scale } = this.view;
    return size.width * scale > viewport.width + 1 || size.height * scale > viewport.height + 1;
  }

  hover(at: Point | null): void {
    this.pointer = at;
    if (at) {
      const grip = this.gestures.active ? null : this.gripAt(at);
      const resizing = grip && this.editable(grip.id) && !this.spaceHeld && this.current !== "pan";
      this.stage.style.cursor = resizing ? this.overlay.cursorFor(grip) : this.gestures.cursor(at);
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

  private buildStage(host: HTMLElement): void {
    const { node } = this.ctx;
    const help = make("span", "ed-visually-hidden", HELP);
    help.id = uniqueId("ed-help");
    this.stage.tabIndex = 0;
    this.stage.setAttribute("role", "application");
    this.stage.setAttribute("aria-roledescription", "image");
    this.stage.setAttribute("aria-label", `Image ${node.name}`);
    this.stage.setAttribute("aria-describedby", help.id);
    this.stage.append(this.canvas, this.overlay.element);
    this.root.append(this.toolbar.element, this.stage, help);
    for (const name of ["width", "maxWidth"] as const) {
      const value = attr(node, name);
      if (value !== undefined) this.root.style[name] = /^\d+$/.test(value) ? `${value}px` : value;
    }
    host.append(this.root);
  }

  private load(): void {
    this.loading.abort();
    this.loading = new AbortController();
    this.image?.remove();
    this.image = null;
    this.root.querySelector(".ed-load-error")?.remove();
    this.toolbar.setPage(this.page);
    const url = this.source.urls[this.page];
    if (url === undefined) {
      this.fail("This task has no image", `The task data has no address for ${this.ctx.node.name}.`);
      return;
    }
    this.stage.setAttribute("aria-busy", "true");
    const crossOrigin = enumAttr(
      this.ctx.node,
      "crossOrigin",
      ["none", "anonymous", "use-credentials"],
      "none",
    );
    const { signal } = this.loading;
    loadImage(url, crossOrigin, signal).then(
      (image) => this.show(image),
      () => {
        if (!signal.aborted)
          this.fail("The image could not be loaded", `It should come from ${hostOf(url)}.`);
      },
    );
  }

  private show(image: HTMLImageElement): void {
    this.stage.removeAttribute("aria-busy");
    this.image = image;
    image.className = "ed-image-picture";
    this.stage.prepend(image);
    const size = { width: image.naturalWidth, height: image.naturalHeight };
    this.scene.reset(size, this.pageKey());
    const turned = this.scene.all().find((item) => item.region.dims?.image_rotation !== undefined);
    this.view = { ...this.view, image: size, turn: asTurn(turned?.region.dims?.image_rotation ?? 0) };
    this.fitted = true;
    this.measure();
    this.firstZoom();
  }

  private fail(title: string, detail: string): void {
    this.stage.removeAttribute("aria-busy");
    this.stage.append(loadNotice(title, detail, () => this.load()));
  }

  private firstZoom(): void {
    const mode = enumAttr(this.ctx.node, "defaultZoom", ["auto", "original", "fit"], "fit");
    if (mode === "original" || (mode === "auto" && fitScale(this.view, { margin: FIT_MARGIN }) > 1)) {
      this.setCamera(keepInSight(place({ ...this.view, scale: 1 }, this.alignment())));
    }
  }

  /** Alignment only matters when the tag asks: a centred picture leaves room on both sides. */
  private alignment() {
    const horizontal = attr(this.ctx.node, "horizontalAlignment");
    const vertical = attr(this.ctx.node, "verticalAlignment");
    return {
      margin: FIT_MARGIN,
      horizontal: horizontal
        ? enumAttr(this.ctx.node, "horizontalAlignment", ["left", "center", "right"], "center")
        : "center",
      vertical: vertical
        ? enumAttr(this.ctx.node, "verticalAlignment", ["top", "center", "bottom"], "center")
        : "center",
    } as const;
  }

  private fit(): void {
    this.fitted = true;
    this.applyCamera(fitView(this.view, this.alignment()));
  }

  private measure(): void {
    const viewport = { width: this.stage.clientWidth, height: this.stage.clientHeight };
    if (viewport.width === 0 || viewport.height === 0) return;
    this.painter.resize(viewport.width, viewport.height, window.devicePixelRatio || 1);
    this.view = { ...this.view, viewport };
    if (this.fitted) this.fit();
    else this.applyCamera(keepInSight(this.view));
  }

  private applyCamera(camera: Camera): void {
    this.view = camera;
    this.toolbar.setZoom(camera.scale);
    this.invalidate("all");
  }

  private setTurn(turn: Turn): void {
    this.view = { ...this.view, turn };
    this.fit();
    this.ctx.announce(turn === 0 ? "Image upright" : `Image turned ${turn}°`);
  }

  private setMode(mode: Mode): void {
    this.current = mode;
    this.toolbar.setMode(mode);
    this.hover(this.pointer);
  }

  private setFilter(brightness: number, contrast: number): void {
    this.filter =
      brightness === 100 && contrast === 100 ? "" : `brightness(${brightness}%) contrast(${contrast}%)`;
    this.invalidate("all");
  }
  private filter = "";

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

  private dims() {
    const { width, height } = this.scene.imageSize;
    const size = { original_width: width, original_height: height, image_rotation: this.view.turn };
    return this.source.paged ? { ...size, item_index: this.page } : size;
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

  /** The record with its box moved. Sides that did not change keep their stored numbers to the last digit. */
  private moved(item: SceneItem, box: Box): Region {
    const region = item.region;
    if (region.shape.kind !== "box") return region;
    const final = this.snapped(box, this.controlOf(region));
    const percent = toPercent(final, this.scene.imageSize);
    const shape = { ...region.shape };
    for (const key of ["x", "y", "width", "height", "rotation"] as const) {
      if (final[key] !== item.box[key]) shape[key] = percent[key];
    }
    return { ...region, shape, dims: { ...this.dims(), ...region.dims } };
  }

  private snapped(box: Box, control: { attrs: Readonly<Record<string, string>> } | undefined): Box {
    return control?.attrs.snap?.toLowerCase() === "pixel" ? snapToPixels(box) : box;
  }

  /** The control that will make the next box, as far as it can be known here: it decides on snapping. */
  private nextControl() {
    const { armedLabels } = this.ctx.store;
    return this.drawing.find((c) => (armedLabels.get(c.name)?.length ?? 0) > 0) ?? this.drawing[0];
  }

  private controlOf(region: Region | undefined) {
    return region && this.ctx.controls.find((control) => control.name === region.from);
  }

  private drawsWithoutLabel(): boolean {
    const labels = this.ctx.controls.some((control) => tagModule(control.tag)?.labels);
    return this.drawing.length > 0 && !labels && !this.ctx.readOnly;
  }

  private styleOf(region: Region): BoxStyle {
    let style = this.styles.get(region);
    if (!style) {
      style = boxStyle(region, this.controlOf(region), this.ctx.theme);
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
    this.stale.overlay = true;
    if (what === "all") this.stale.idle = true;
    if (!this.frame) this.frame = requestAnimationFrame(() => this.paint());
  }

  private paint(): void {
    this.frame = 0;
    const { stale } = this;
    this.stale = { idle: false, overlay: false };
    if (!this.image) return;
    if (stale.idle) this.paintIdle(this.image);
    if (stale.overlay) this.paintOverlay();
  }

  private paintIdle(image: HTMLImageElement): void {
    const { scale, tx, ty, turn, image: size } = this.view;
    const shown = turnedSize(size, turn);
    // Turned about its own centre, then moved so that the turned picture's corner lies at (tx, ty).
    const x = tx + (shown.width * scale - size.width * scale) / 2;
    const y = ty + (shown.height * scale - size.height * scale) / 2;
    image.style.width = `${size.width * scale}px`;
    image.style.height = `${size.height * scale}px`;
    image.style.transform = `translate(${x}px, ${y}px) rotate(${turn}deg)`;
    image.style.filter = this.filter;
    image.style.imageRendering = this.smooth(scale) ? "auto" : "pixelated";
    this.painter.paint({
      scene: this.scene,
      camera: this.view,
      dpr: window.devicePixelRatio || 1,
      skip: new Set(this.previewed?.keys()),
      grid: this.grid,
      style: (item) => this.styleOf(item.region),
    });
  }

  /** Single pixels show as squares when zoomed far in, unless the tag decides otherwise. */
  private smooth(scale: number): boolean {
    return attr(this.ctx.node, "smoothing") === undefined ? scale < 4 : boolAttr(this.ctx.node, "smoothing");
  }

  private paintOverlay(): void {
    const selected = [...this.ctx.store.selection].flatMap((id) => this.scene.get(id) ?? []);
    const shapes = selected.map((item) => this.selectedShape(item, selected.length));
    const first = selected[0];
    if (first) this.stage.setAttribute("aria-activedescendant", this.overlay.shapeId(first.id));
    else this.stage.removeAttribute("aria-activedescendant");
    const drawn = this.draftBox ?? this.waiting;
    this.overlay.paint({
      camera: this.view,
      shapes,
      draft: drawn && { box: drawn, color: this.draftColor(), waiting: this.draftBox === null },
      marquee: this.marqueeBounds,
      crosshair: this.crosshairAt,
      guides: boolAttr(this.ctx.node, "crosshair") ? this.pointer : null,
      captionWidth: (text) => this.painter.captionWidth(text),
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
      rotatable: handles && this.canRotate(item.id),
    };
  }

  private draftColor(): string {
    for (const control of this.ctx.controls) {
      const label = this.ctx.store.armedLabels.get(control.name)?.[0];
      if (label !== undefined) return this.ctx.theme.label(control.name, label).solid;
    }
    return "var(--accent)";
  }
}

export const mountImage = (host: HTMLElement, ctx: ViewContext): ObjectView => new ImageView(host, ctx);
