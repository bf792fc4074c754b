/** The drawn part of a recording: ruler, waveform, spectrogram, regions, cursor and scroll bar. */
import { make } from "../dom";
import {
  type PaintedSpan,
  paintDraft,
  paintRuler,
  paintSpans,
  RULER_HEIGHT,
  type StripColors,
} from "./painter";
import type { Decoded } from "./sound";
import { paintSpectrogram } from "./spectrogram";
import { isWhole, type Span, type TimeWindow, wholeWindow } from "./timeline";
import { buildPeaks, type Peaks, paintWave } from "./waveform";

export interface StripOptions {
  readonly label: string;
  readonly waveHeight: number;
  readonly spectrogram: boolean;
  readonly split: boolean;
  readonly gain: number;
  scrolled(start: number): void;
  resized(width: number): void;
}

export interface Draft {
  readonly span: Span;
  readonly waiting: boolean;
  /** null = no label is ready. */
  readonly color: string | null;
}

interface Colors extends StripColors {
  readonly wave: string;
  readonly accent: string;
  readonly dark: boolean;
}

const SPECTROGRAM_HEIGHT = 128;
const CAPTION_ROW = 20;
/** Browsers limit the width of an element; longer recordings scroll in coarser steps. */
const MAX_SCROLL_WIDTH = 8_000_000;

export class Strip {
  readonly element = make("div", "ed-audio-strip");
  readonly stage = make("div", "ed-audio-stage");
  private readonly back = make("canvas", "ed-audio-canvas");
  private readonly front = make("canvas", "ed-audio-canvas");
  private readonly cursor = make("div", "ed-audio-cursor");
  private readonly scroller = make("div", "ed-audio-scroll");
  private readonly spacer = make("div", "ed-audio-spacer");
  private readonly observer: ResizeObserver;
  private readonly height: number;
  private w: TimeWindow = wholeWindow(0, 1);
  private peaks: Peaks | null = null;
  private sound: Decoded | null = null;
  private colors: Colors | null = null;
  private frame = 0;
  private stale = { back: true, front: true };
  private spans: () => PaintedSpan[] = () => [];
  private draft: Draft | null = null;
  private expectedScroll = 0;

  constructor(private readonly options: StripOptions) {
    this.height = RULER_HEIGHT + options.waveHeight + (options.spectrogram ? SPECTROGRAM_HEIGHT : 0);
    this.stage.tabIndex = 0;
    this.stage.setAttribute("role", "application");
    this.stage.setAttribute("aria-roledescription", "recording");
    this.stage.setAttribute("aria-label", options.label);
    this.stage.style.height = `${this.height}px`;
    this.stage.append(this.back, this.front, this.cursor);
    this.scroller.append(this.spacer);
    this.scroller.hidden = true;
    this.scroller.tabIndex = -1;
    this.element.append(this.stage, this.scroller);
    this.scroller.addEventListener("scroll", () => this.onScroll());
    this.observer = new ResizeObserver(() => this.measure());
    this.observer.observe(this.stage);
  }

  get width(): number {
    return Math.max(1, this.stage.clientWidth);
  }

  /** Rows of captions that fit over each other. */
  get captionRows(): number {
    return Math.max(1, Math.floor((this.options.waveHeight - 30) / CAPTION_ROW));
  }

  isRuler = (y: number): boolean => y < RULER_HEIGHT;

  setBusy(on: boolean): void {
    this.stage.toggleAttribute("data-busy", on);
    if (on) {
      this.stage.setAttribute("aria-busy", "true");
      this.stage.dataset.progress = "Loading audio…";
    } else {
      this.stage.removeAttribute("aria-busy");
    }
  }

  setProgress(share: number): void {
    this.stage.dataset.progress = `Loading audio… ${Math.round(share * 100)} %`;
  }

  setSound(sound: Decoded): void {
    this.peaks = buildPeaks(sound.channels, sound.sampleRate);
    this.sound = this.options.spectrogram ? sound : null;
    this.invalidate("back");
  }

  setWindow(w: TimeWindow): void {
    if (w.start !== this.w.start || w.pxPerSecond !== this.w.pxPerSecond || w.width !== this.w.width) {
      this.invalidate("back");
    }
    this.w = w;
    this.syncScroller();
  }

  setCursor(x: number): void {
    this.cursor.hidden = x < -1 || x > this.w.width + 1;
    this.cursor.style.transform = `translateX(${x}px)`;
  }

  paintSpans(spans: () => PaintedSpan[], draft: Draft | null): void {
    this.spans = spans;
    this.draft = draft;
    this.invalidate("front");
  }

  forgetColors(): void {
    this.colors = null;
    this.invalidate("back");
  }

  destroy(): void {
    cancelAnimationFrame(this.frame);
    this.observer.disconnect();
  }

  private measure(): void {
    const width = this.stage.clientWidth;
    if (width === 0) return;
    const dpr = window.devicePixelRatio || 1;
    for (const canvas of [this.back, this.front]) {
      canvas.width = Math.round(width * dpr);
      canvas.height = Math.round(this.height * dpr);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${this.height}px`;
    }
    this.invalidate("back");
    this.options.resized(width);
  }

  private syncScroller(): void {
    const { w } = this;
    this.scroller.hidden = isWhole(w);
    if (this.scroller.hidden) return;
    const length = Math.min(MAX_SCROLL_WIDTH, w.duration * w.pxPerSecond);
    this.spacer.style.width = `${length}px`;
    const left = Math.round((w.start / w.duration) * length);
    this.expectedScroll = left;
    if (Math.abs(this.scroller.scrollLeft - left) > 1) this.scroller.scrollLeft = left;
  }

  private onScroll(): void {
    const { scrollLeft } = this.scroller;
    // Our own setting of scrollLeft reports back here as well.
    if (Math.abs(scrollLeft - this.expectedScroll) <= 1) return;
    const length = Math.min(MAX_SCROLL_WIDTH, this.w.duration * this.w.pxPerSecond);
    this.options.scrolled((scrollLeft / length) * this.w.duration);
  }

  private invalidate(layer: "back" | "front"): void {
    this.stale.front = true;
    if (layer === "back") this.stale.back = true;
    this.frame ||= requestAnimationFrame(() => this.paint());
  }

  private paint(): void {
    this.frame = 0;
    const { stale } = this;
    this.stale = { back: false, front: false };
    if (this.w.duration <= 0) return;
    const colors = this.palette();
    if (stale.back) this.paintBack(colors);
    if (stale.front) this.paintFront(colors);
  }

  private paintBack(colors: Colors): void {
    const ctx = clear(this.back);
    if (!ctx) return;
    const { waveHeight, split, gain } = this.options;
    paintRuler(ctx, this.w, colors);
    if (this.peaks) {
      const look = { color: colors.wave, axis: colors.line, split, gain };
      paintWave(ctx, this.peaks, this.w, { top: RULER_HEIGHT, height: waveHeight, ...look });
    }
    const samples = this.sound?.channels[0];
    if (this.sound && samples) {
      const place = { top: RULER_HEIGHT + waveHeight, height: SPECTROGRAM_HEIGHT, dark: colors.dark };
      paintSpectrogram(ctx, samples, this.sound.sampleRate, this.w, place);
    }
  }

  private paintFront(colors: Colors): void {
    const ctx = clear(this.front);
    if (!ctx) return;
    const height = this.height - RULER_HEIGHT;
    paintSpans(ctx, this.w, this.spans(), RULER_HEIGHT, height);
    if (!this.draft) return;
    const { span, waiting, color } = this.draft;
    const look = { color: color ?? colors.accent, waiting, text: colors.text };
    paintDraft(ctx, this.w, span, look, RULER_HEIGHT, height);
  }

  /** Canvas needs plain colours: the tokens are read through a probe element, once per theme. */
  private palette(): Colors {
    if (this.colors) return this.colors;
    const probe = make("span", "");
    this.stage.append(probe);
    const read = (token: string) => {
      probe.style.color = `var(${token})`;
      return getComputedStyle(probe).color;
    };
    this.colors = {
      text: read("--text-2"),
      line: read("--border"),
      surface: read("--surface"),
      wave: read("--border-strong"),
      accent: read("--accent"),
      dark: isDark(read("--bg")),
    };
    probe.remove();
    return this.colors;
  }
}

/** Lightness of a computed colour, whatever notation the browser answers in. */
function isDark(color: string): boolean {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const ctx = canvas.getContext("2d");
  if (!ctx) return false;
  ctx.fillStyle = color;
  ctx.fillRect(0, 0, 1, 1);
  const [r = 255, g = 255, b = 255] = ctx.getImageData(0, 0, 1, 1).data;
  return r * 0.3 + g * 0.6 + b * 0.1 < 128;
}

function clear(canvas: HTMLCanvasElement): CanvasRenderingContext2D | null {
  const ctx = canvas.getContext("2d");
  const dpr = window.devicePixelRatio || 1;
  ctx?.setTransform(dpr, 0, 0, dpr, 0, 0);
  ctx?.clearRect(0, 0, canvas.width / dpr, canvas.height / dpr);
  return ctx;
}
