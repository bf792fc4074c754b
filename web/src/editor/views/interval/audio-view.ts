import "../media.css";
import { attr, boolAttr, numAttr } from "../../config/attrs";
import { assignHotkeys } from "../../core/hotkeys";
import type { Change, ObjectView, Op, Region, ViewContext } from "../../core/types";
import { clamp } from "../../geometry/point";
import { tagModule } from "../../tags/registry";
import { loadNotice, make, uniqueId } from "../dom";
import { type IntervalItem, StripGestures, type StripHost } from "./gesture";
import { bindStrip, type StripInputHost } from "./input";
import { describeSpan, StripKeyboard, type StripKeyboardHost } from "./keyboard";
import { assignLanes, type PaintedSpan } from "./painter";
import { SoundPlayer } from "./player";
import { Strip } from "./strip";
import {
  orderedSpan,
  resizeWindow,
  revealSpan,
  type Span,
  scrollTo,
  type TimeWindow,
  tidyTime,
  toX,
  wholeWindow,
  zoomTime,
} from "./timeline";
import { Transport } from "./transport";

const ZOOM_STEP = 1.5;
const HELP =
  "Space plays and pauses. Arrow keys move the cursor, Enter starts a region at the cursor and ends it. With a region " +
  "selected Shift and arrow grow it, Alt and arrow shrink it, Ctrl and arrow move it. Tab goes to the next region.";

type IntervalShape = Extract<Region["shape"], { kind: "interval" }>;

/** The Audio object: playback, waveform and time regions. */
export class AudioView implements ObjectView, StripHost, StripKeyboardHost, StripInputHost {
  readonly gestures = new StripGestures(this);
  readonly keyboard = new StripKeyboard(this);
  readonly labelKeys: ReadonlySet<string>;
  private readonly root = make("div", "ed-audio");
  private readonly player: SoundPlayer;
  private readonly transport: Transport;
  private readonly strip: Strip;
  private readonly drawing;
  private readonly unbind: () => void;
  private view: TimeWindow = wholeWindow(0, 1);
  private cached: IntervalItem[] | null = null;
  private previewed: ReadonlyMap<string, Span> | null = null;
  private drafted: Span | null = null;
  /** A finished region that waits for its label. */
  private waiting: Span | null = null;
  private markStart: number | null = null;
  private markLabels: [string, readonly string[]][] = [];

  constructor(
    host: HTMLElement,
    private readonly ctx: ViewContext,
  ) {
    const { node } = ctx;
    this.labelKeys = new Set(assignHotkeys(ctx.store.config).map((binding) => binding.key));
    this.drawing = ctx.controls.filter((control) => tagModule(control.tag)?.shapes?.includes("interval"));
    const speed = clamp(numAttr(node, "defaultSpeed", 1), 0.25, 4);
    const volume = clamp(numAttr(node, "defaultVolume", 1), 0, 1);
    this.player = this.makePlayer(speed, volume);
    this.transport = new Transport({
      speed,
      volume,
      command: (name) => this.command(name),
      setSpeed: (value) => {
        this.player.element.playbackRate = value;
      },
      setVolume: (value) => {
        this.player.element.volume = value;
      },
    });
    this.strip = new Strip({
      label: `Audio ${node.name}`,
      waveHeight: Math.max(64, numAttr(node, "height", 152)),
      spectrogram: boolAttr(node, "spectrogram"),
      split: boolAttr(node, "splitChannels"),
      gain: clamp(numAttr(node, "defaultScale", 1), 0.1, 50),
      scrolled: (start) => this.setWindow(scrollTo(this.view, start)),
      resized: (width) => this.setWindow(resizeWindow(this.view, width)),
    });
    const help = make("span", "ed-visually-hidden", HELP);
    help.id = uniqueId("ed-help");
    this.strip.stage.setAttribute("aria-describedby", help.id);
    this.root.append(this.transport.element, this.strip.element, help, this.player.element);
    host.append(this.root);
    this.unbind = bindStrip(this.strip.stage, this, attr(node, "hotkey"));
    this.load();
  }

  // --- ObjectView -------------------------------------------------------------------------------------------

  update(change: Change): void {
    if (change.ids.size > 0) {
      this.cached = null;
      if (!change.selection && this.gestures.active) this.gestures.cancel();
    }
    if (change.theme) this.strip.forgetColors();
    if (change.ids.size > 0 || change.selection || change.armed || change.theme) this.repaint();
  }

  reveal(id: string): void {
    const item = this.items().find((candidate) => candidate.id === id);
    if (item) this.setWindow(revealSpan(this.view, item));
  }

  command(name: string): boolean {
    const x = toX(this.view, this.time());
    const anchor = x >= 0 && x <= this.view.width ? x : this.view.width / 2;
    switch (name) {
      case "commit-pending":
        return this.labelKey();
      case "cancel":
        return this.leave();
      case "focus":
        this.strip.stage.focus({ preventScroll: true });
        return true;
      case "play:toggle":
        this.togglePlay();
        return true;
      case "zoom:in":
      case "zoom:out":
        this.setWindow(zoomTime(this.view, anchor, name === "zoom:in" ? ZOOM_STEP : 1 / ZOOM_STEP));
        return true;
      case "zoom:fit":
        this.setWindow(wholeWindow(this.view.duration, this.view.width));
        return true;
      default:
        return false;
    }
  }

  destroy(): void {
    this.unbind();
    this.player.destroy();
    this.strip.destroy();
    this.root.remove();
  }

  // --- what gestures and keys ask and tell ------------------------------------------------------------------

  window = (): TimeWindow => this.view;
  selection = (): ReadonlySet<string> => this.ctx.store.selection;
  time = (): number => this.player.time;
  togglePlay = (): void => this.player.toggle();
  announce = (text: string): void => this.ctx.announce(text);

  items(): readonly IntervalItem[] {
    if (!this.cached) {
      this.cached = [];
      for (const id of this.ctx.store.order) {
        const region = this.ctx.store.regions.get(id);
        if (!region || region.to !== this.ctx.node.name || region.shape.kind !== "interval") continue;
        const { start, end } = region.shape;
        this.cached.push({ id, start, end, hidden: region.hidden === true });
      }
    }
    return this.cached;
  }

  editable(id: string): boolean {
    const region = this.ctx.store.regions.get(id);
    return region !== undefined && !region.locked && !this.ctx.readOnly;
  }

  canDraw(): boolean {
    return this.drawing.length > 0 && !this.ctx.readOnly && this.view.duration > 0;
  }

  select(ids: string[], mode: "set" | "toggle"): void {
    this.ctx.store.select(ids, mode);
  }

  seek(time: number): void {
    this.player.seek(time);
    this.showTime(time);
    this.setWindow(revealSpan(this.view, { start: time, end: time }, 8));
  }

  preview(spans: ReadonlyMap<string, Span> | null): void {
    this.previewed = spans;
    this.repaint();
  }

  draft(span: Span | null): void {
    this.drafted = span;
    if (span) {
      this.waiting = null;
      this.keyboard.cancel();
    }
    this.repaint();
  }

  marked(start: number | null): void {
    this.markStart = start;
    if (start !== null) this.markLabels = [...this.ctx.store.armedLabels];
    this.repaint();
  }

  commit(spans: ReadonlyMap<string, Span>, label: string): void {
    const ops: Op[] = [];
    for (const [id, span] of spans) {
      const region = this.ctx.store.regions.get(id);
      if (region?.shape.kind !== "interval") continue;
      const shape: IntervalShape = { ...region.shape, start: tidyTime(span.start), end: tidyTime(span.end) };
      // An edge that stayed keeps its stored number to the last digit.
      const old = region.shape;
      const kept = { start: span.start === old.start ? old.start : shape.start };
      const after = { ...shape, ...kept, end: span.end === old.end ? old.end : shape.end };
      ops.push({
        id,
        before: region,
        after: { ...region, shape: after, dims: { ...this.dims(), ...region.dims } },
      });
    }
    this.ctx.store.apply(ops, label);
  }

  create(span: Span): void {
    const shape: IntervalShape = {
      kind: "interval",
      start: tidyTime(span.start),
      end: tidyTime(Math.min(span.end, this.view.duration)),
      channel: 0,
    };
    const region = this.withMarkLabels(() => this.ctx.newRegion(shape, null, { dims: this.dims() }));
    if (region) this.markLabels = [];
    this.waiting = region ? null : span;
    if (region) this.ctx.announce(`${this.ctx.theme.caption(region) || "Region"}, ${describeSpan(span)}`);
    this.repaint();
  }

  zoomAt(x: number, factor: number): void {
    this.setWindow(zoomTime(this.view, x, factor));
  }

  scrollBy(pixels: number): void {
    this.setWindow(scrollTo(this.view, this.view.start + pixels / this.view.pxPerSecond));
  }

  isRuler = (y: number): boolean => this.strip.isRuler(y);

  /** Plays the region under a point from its start to its end. */
  playAt(time: number): void {
    const hits = this.items().filter((item) => !item.hidden && item.start <= time && item.end >= time);
    const shortest = hits.sort((a, b) => a.end - a.start - (b.end - b.start))[0];
    if (shortest) this.player.playPart(shortest.start, shortest.end);
  }

  step(by: 1 | -1): boolean {
    const items = this.items()
      .filter((item) => !item.hidden)
      .sort((a, b) => a.start - b.start);
    const at = items.findIndex((item) => this.ctx.store.selection.has(item.id));
    const next = items[at === -1 ? (by === 1 ? 0 : items.length - 1) : at + by];
    if (!next) return false;
    this.keyboard.flush();
    this.select([next.id], "set");
    this.reveal(next.id);
    const region = this.ctx.store.regions.get(next.id);
    this.ctx.announce(`${(region && this.ctx.theme.caption(region)) || "No label"}, ${describeSpan(next)}`);
    return true;
  }

  // --- loading ----------------------------------------------------------------------------------------------

  private load(): void {
    this.root.querySelector(".ed-load-error")?.remove();
    const { value } = this.ctx;
    if (typeof value !== "string" || value.trim() === "") {
      this.fail("This task has no audio", `The task data has no address for ${this.ctx.node.name}.`);
      return;
    }
    this.strip.setBusy(true);
    this.player.open(this.address());
  }

  private makePlayer(speed: number, volume: number): SoundPlayer {
    const player = new SoundPlayer(this.ctx.node, {
      loading: (share) => this.strip.setProgress(share),
      ready: (duration) => {
        this.strip.setBusy(false);
        this.setDuration(duration);
      },
      decoded: (sound) => this.strip.setSound(sound),
      note: (text) => this.transport.setNote(text),
      failed: (reason) => this.fail("The audio could not be played", reason),
      playing: (on) => this.transport.setPlaying(on),
      moved: (time) => this.moved(time),
    });
    player.element.volume = volume;
    player.element.defaultPlaybackRate = player.element.playbackRate = speed;
    return player;
  }

  private address(): string {
    return this.ctx.resolveUrl(String(this.ctx.value ?? "").trim());
  }

  private fail(title: string, detail: string): void {
    this.strip.setBusy(false);
    this.transport.setNote("");
    this.strip.stage.append(loadNotice(title, detail, () => this.load()));
  }

  private setDuration(duration: number): void {
    this.view = wholeWindow(duration, this.strip.width);
    this.transport.setDuration(duration);
    const zoom = numAttr(this.ctx.node, "defaultZoom", 1);
    this.setWindow(zoom > 1 ? zoomTime(this.view, 0, zoom) : this.view);
  }

  /** While playing, the strip turns the page when the cursor leaves it. */
  private moved(time: number): void {
    this.showTime(time);
    const x = toX(this.view, time);
    const left = x > this.view.width || x < 0;
    if (left && !this.player.element.paused) this.setWindow(scrollTo(this.view, time));
  }

  private showTime(time: number): void {
    this.transport.setTime(time);
    this.strip.setCursor(toX(this.view, time));
    if (this.markStart !== null) this.repaint();
  }

  // --- regions ----------------------------------------------------------------------------------------------

  private dims() {
    return this.view.duration > 0 ? { original_length: this.view.duration } : {};
  }

  /** Leaves what is under way, innermost first; false when nothing was. */
  private leave(): boolean {
    if (this.gestures.cancel()) return true;
    this.markLabels = [];
    if (this.keyboard.cancel()) return true;
    if (!this.waiting) return false;
    this.waiting = null;
    this.repaint();
    return true;
  }

  /**
   * A label's key (the editor has made the label ready for the moment): names the region that waits for it, ends the
   * open region, or starts one at the cursor.
   */
  private labelKey(): boolean {
    if (this.waiting) {
      this.create(this.waiting);
      return true;
    }
    if (this.keyboard.marking) return this.keyboard.toggleMark();
    const focused = document.activeElement === this.strip.stage;
    const relabelled = this.items().some((item) => this.ctx.store.selection.has(item.id));
    return focused && !relabelled && this.keyboard.toggleMark();
  }

  /** Runs with the labels that the open region was started with, unless others are ready. */
  private withMarkLabels<T>(run: () => T): T {
    const { store } = this.ctx;
    const ready = this.drawing.some((control) => (store.armedLabels.get(control.name)?.length ?? 0) > 0);
    const labels = ready ? [] : this.markLabels;
    for (const [from, names] of labels) store.arm(from, names);
    const result = run();
    for (const [from] of labels) store.arm(from, []);
    return result;
  }

  private setWindow(next: TimeWindow): void {
    this.view = next;
    this.strip.setWindow(next);
    this.strip.setCursor(toX(next, this.time()));
    this.repaint();
  }

  private repaint(): void {
    const drawn = this.drafted ?? this.waiting ?? this.openSpan();
    const waiting = this.drafted === null && this.waiting !== null;
    this.strip.paintSpans(
      () => this.paintedSpans(),
      drawn && { span: drawn, waiting, color: this.draftColor() },
    );
  }

  private openSpan(): Span | null {
    return this.markStart === null ? null : orderedSpan(this.markStart, this.time());
  }

  private paintedSpans(): PaintedSpan[] {
    const { store, theme } = this.ctx;
    const shown = this.items().filter((item) => !item.hidden || store.selection.has(item.id));
    const lanes = assignLanes(shown, this.strip.captionRows);
    return shown.flatMap((item) => {
      const region = store.regions.get(item.id);
      if (!region) return [];
      const selected = store.selection.has(item.id);
      return {
        id: item.id,
        ...(this.previewed?.get(item.id) ?? { start: item.start, end: item.end }),
        color: theme.region(region),
        caption: theme.caption(region),
        selected,
        predicted: region.origin === "prediction",
        locked: region.locked === true,
        lane: lanes.get(item.id) ?? 0,
        handles: selected && this.editable(item.id),
      };
    });
  }

  private draftColor(): string | null {
    const { armedLabels } = this.ctx.store;
    const own = new Map(this.markLabels);
    for (const control of this.drawing) {
      const label = armedLabels.get(control.name)?.[0] ?? own.get(control.name)?.[0];
      if (label !== undefined) return this.ctx.theme.label(control.name, label).solid;
    }
    return null;
  }
}

export const mountAudio = (host: HTMLElement, ctx: ViewContext): ObjectView => new AudioView(host, ctx);
