import { numAttr } from "../../config/attrs";
import { answerCodec } from "../../core/codecs";
import { ANSWER, number, oneOf, text } from "../params";
import type { TagModule } from "../registry";
import { RatingControl } from "./RatingControl";
import { rateNext } from "./rate";

export const rating: TagModule = {
  tag: "Rating",
  kind: "control",
  params: {
    ...ANSWER,
    maxRating: number(5),
    defaultValue: number(0),
    size: oneOf(["small", "medium", "large"], "medium"),
    icon: oneOf(["star", "heart", "fire", "smile"], "star"),
    hotkey: text(),
  },
  resultType: "rating",
  resultKey: "rating",
  codec: answerCodec("rating", "rating", (payload) => typeof payload === "number"),
  initial(node) {
    const value = numAttr(node, "defaultValue", 0);
    return value > 0 ? { rating: value } : null;
  },
  press: rateNext,
  Control: RatingControl,
};
