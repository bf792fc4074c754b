/** The bar over a recording: play, time, volume, speed, zoom. */
import { icon, iconButton, make, type Slider, slider } from "../dom";
import { formatTime } from "./timeline";

export interface TransportOptions {
  readonly speed: number;
  readonly volume: number;
  command(name: string): void;
  setSpeed(value: number): void;
  setVolume(value: number): void;
}

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];

export class Transport {
  readonly element = make("div", "ed-bar");
  private readonly play: HTMLButtonElement;
  private readonly now = make("output", "ed-audio-now");
  private readonly total = make("span", "ed-audio-total");
  private readonly note = make("span", "ed-audio-note");
  private readonly volume: Slider;
  private readonly speed = make("select", "ed-bar-select");

  constructor(options: TransportOptions) {
    const button = (
      name: Parameters<typeof iconButton>[0]["icon"],
      title: string,
      command: string,
      key: string,
    ) => iconButton({ icon: name, title, key, run: () => options.command(command) });
    this.play = button("play", "Play", "play:toggle", "Alt+Space");
    this.play.classList.add("ed-audio-play");
    this.volume = slider({
      icon: "volume",
      title: "Volume",
      min: 0,
      max: 100,
      step: 5,
      value: Math.round(options.volume * 100),
      text: (value) => `${value} %`,
      change: (value) => options.setVolume(value / 100),
    });
    this.buildSpeed(options);
    this.element.setAttribute("role", "toolbar");
    this.element.setAttribute("aria-label", "Playback");
    this.now.setAttribute("aria-live", "off");
    this.element.append(
      this.play,
      this.now,
      this.total,
      this.note,
      make("span", "ed-bar-space"),
      this.volume.element,
      this.speed,
      button("minus", "Zoom out", "zoom:out", "-"),
      button("plus", "Zoom in", "zoom:in", "+"),
      button("fit", "Show the whole recording", "zoom:fit", "0"),
    );
    this.setTime(0);
  }

  setPlaying(on: boolean): void {
    this.play.replaceChildren(icon(on ? "pause" : "play"));
    const title = on ? "Pause" : "Play";
    this.play.title = `${title} (Alt+Space)`;
    this.play.setAttribute("aria-label", title);
  }

  setTime(seconds: number): void {
    this.now.textContent = formatTime(seconds);
  }

  setDuration(seconds: number | null): void {
    this.total.textContent = seconds === null ? "" : `/ ${formatTime(seconds)}`;
  }

  /** A quiet remark, such as why there is no waveform. */
  setNote(text: string): void {
    this.note.textContent = text;
    this.note.title = text;
  }

  private buildSpeed(options: TransportOptions): void {
    this.speed.setAttribute("aria-label", "Speed");
    this.speed.title = "Speed";
    for (const value of [...new Set([...SPEEDS, options.speed])].sort((a, b) => a - b)) {
      const option = new Option(`${value}×`, String(value));
      option.selected = value === options.speed;
      this.speed.append(option);
    }
    this.speed.addEventListener("change", () => options.setSpeed(Number(this.speed.value)));
  }
}
