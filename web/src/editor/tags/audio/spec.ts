import type { ParamSpec } from "../registry";

export const audioParams: ParamSpec = {
  name: { type: "string", required: true },
  value: { type: "string", required: true },
  defaultSpeed: { type: "string", default: "1" },
  defaultScale: { type: "string", default: "1" },
  defaultZoom: { type: "string", default: "1" },
  defaultVolume: { type: "string", default: "1" },
  hotkey: { type: "string" },
  sync: { type: "string" },
  height: { type: "string", default: "96" },
  waveHeight: { type: "string", default: "32" },
  spectrogram: { type: "bool", default: "false" },
  splitChannels: { type: "bool", default: "false" },
  decoder: { type: "string", default: "webaudio" },
  player: { type: "string", default: "html5" },
};
