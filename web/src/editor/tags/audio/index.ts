import { mountAudio } from "../../views/interval/audio-view";
import { bool, OBJECT, text } from "../params";
import type { TagModule } from "../registry";

export const audio: TagModule = {
  tag: "Audio",
  // The name that configs written for versions before 1.0 use.
  aliases: ["AudioPlus"],
  kind: "object",
  params: {
    ...OBJECT,
    defaultSpeed: text("1"),
    defaultScale: text("1"),
    defaultZoom: text("1"),
    defaultVolume: text("1"),
    hotkey: text(),
    sync: text(),
    height: text("96"),
    waveHeight: text("32"),
    spectrogram: bool(false),
    splitChannels: bool(false),
    decoder: text("webaudio"),
    player: text("html5"),
  },
  mount: mountAudio,
};
