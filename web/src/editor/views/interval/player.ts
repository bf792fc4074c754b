/** Playback and loading of one recording. */

import { attr, boolAttr } from "../../config/attrs";
import type { ConfigNode } from "../../config/types";
import { hostOf, make } from "../dom";
import { playable } from "./pcm";
import { type Decoded, decodeSound, fetchSound, playerDuration, Refused, TooLarge } from "./sound";

/** Samples a second kept for the waveform; a spectrogram needs the higher frequencies too. */
const WAVE_RATE = 8000;
const SPECTROGRAM_RATE = 22050;

export interface PlayerEvents {
  loading(share: number): void;
  /** The recording can be played; seconds. */
  ready(duration: number): void;
  decoded(sound: Decoded): void;
  /** Why there will be no waveform. */
  note(text: string): void;
  /** `reason`: a sentence. */
  failed(reason: string): void;
  playing(on: boolean): void;
  /** The cursor moved by itself or arrived where it was sent. */
  moved(time: number): void;
}

export class SoundPlayer {
  readonly element = make("audio", "");
  private loading = new AbortController();
  private blobUrl: string | null = null;
  /** Playback stops here: a part is being played. */
  private stopAt: number | null = null;
  private frame = 0;

  constructor(
    private readonly node: ConfigNode,
    private readonly events: PlayerEvents,
  ) {
    const { element } = this;
    element.preload = "auto";
    element.addEventListener("play", () => {
      events.playing(true);
      this.tick();
    });
    for (const name of ["pause", "ended"]) {
      element.addEventListener(name, () => {
        events.playing(false);
        events.moved(element.currentTime);
      });
    }
    element.addEventListener("seeked", () => events.moved(element.currentTime));
  }

  get time(): number {
    return this.element.currentTime;
  }

  seek(time: number): void {
    this.stopAt = null;
    this.element.currentTime = time;
  }

  toggle(): void {
    this.stopAt = null;
    if (this.element.paused) this.start();
    else this.element.pause();
  }

  playPart(start: number, end: number): void {
    this.seek(start);
    this.stopAt = end;
    this.start();
  }

  open(url: string): void {
    this.loading.abort();
    this.loading = new AbortController();
    void this.load(url, this.loading.signal);
  }

  destroy(): void {
    this.loading.abort();
    cancelAnimationFrame(this.frame);
    this.element.pause();
    this.element.removeAttribute("src");
    this.element.load();
    if (this.blobUrl) URL.revokeObjectURL(this.blobUrl);
  }

  /** The bytes first, for the waveform; when they cannot be read the player gets the address itself. */
  private async load(url: string, signal: AbortSignal): Promise<void> {
    const { blob, refusal } = await this.bytes(url, signal);
    if (signal.aborted) return;
    try {
      const duration = await this.openAddress(url, blob);
      if (signal.aborted) return;
      this.events.ready(duration);
    } catch {
      if (!signal.aborted) this.events.failed(refusal);
      return;
    }
    if (blob) await this.decode(blob, signal);
  }

  /** The recording when it can be read, and what to say should it not play. */
  private async bytes(url: string, signal: AbortSignal): Promise<{ blob: Blob | null; refusal: string }> {
    if (attr(this.node, "decoder")?.toLowerCase() === "none") {
      return { blob: null, refusal: `It should come from ${hostOf(url)}.` };
    }
    try {
      const file = await fetchSound(url, signal, (share) => this.events.loading(share));
      const type = (file.type.split(";")[0] ?? "") || "unknown";
      const refusal = `The file (type ${type}, ${file.size} bytes) is no sound that this browser can play.`;
      return { blob: await playable(file), refusal };
    } catch (error) {
      if (!signal.aborted) this.events.note(`No waveform: ${whyNot(error, url)}`);
      const status = error instanceof Refused ? error.status : null;
      return {
        blob: null,
        refusal: status ? `${hostOf(url)} answered ${status}.` : `It should come from ${hostOf(url)}.`,
      };
    }
  }

  private async openAddress(url: string, blob: Blob | null): Promise<number> {
    if (this.blobUrl) URL.revokeObjectURL(this.blobUrl);
    this.blobUrl = blob && URL.createObjectURL(blob);
    if (this.blobUrl) {
      try {
        this.element.src = this.blobUrl;
        return await playerDuration(this.element);
      } catch {
        // Some pages forbid media from memory; the address may still do.
      }
    }
    this.element.src = url;
    return playerDuration(this.element);
  }

  private async decode(blob: Blob, signal: AbortSignal): Promise<void> {
    try {
      const rate = boolAttr(this.node, "spectrogram") ? SPECTROGRAM_RATE : WAVE_RATE;
      const sound = await decodeSound(blob, rate);
      if (!signal.aborted) this.events.decoded(sound);
    } catch {
      if (!signal.aborted) this.events.note("No waveform: this format cannot be decoded");
    }
  }

  private start(): void {
    if (this.element.ended) this.element.currentTime = 0;
    this.element.play().catch(() => this.events.note("The browser refused to play"));
  }

  private tick(): void {
    cancelAnimationFrame(this.frame);
    if (this.element.paused) return;
    const now = this.element.currentTime;
    if (this.stopAt !== null && now >= this.stopAt) {
      this.element.pause();
      this.element.currentTime = this.stopAt;
      this.stopAt = null;
    }
    this.events.moved(now);
    this.frame = requestAnimationFrame(() => this.tick());
  }
}

function whyNot(error: unknown, url: string): string {
  if (error instanceof TooLarge) return "it is too long";
  return error instanceof Refused ? "it did not arrive" : `${hostOf(url)} does not let it be read`;
}
