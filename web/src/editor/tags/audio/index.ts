import { mountAudio } from "../../views/interval/audio-view";
import type { TagModule } from "../registry";
import { audioParams } from "./spec";

export const audioTag: TagModule = {
  tag: "Audio",
  aliases: ["AudioPlus"],
  kind: "object",
  params: audioParams,
  mount: mountAudio,
};
