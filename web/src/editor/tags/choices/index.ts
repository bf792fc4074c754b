import { boolAttr } from "../../config/attrs";
import { flatOptions, optionsOf } from "../../config/options";
import { answerCodec } from "../../core/codecs";
import { ANSWER, bool, needed, oneOf, text } from "../params";
import type { TagModule } from "../registry";
import { ChoicesControl } from "./ChoicesControl";
import { choiceValue, toggleChoice } from "./pick";

const isName = (entry: unknown) => typeof entry === "string";

/** `["a"]`, or paths of nested choices `[["P","Q"],["R"]]`. */
function isChoiceList(payload: unknown): boolean {
  return (
    Array.isArray(payload) &&
    payload.every((entry) => isName(entry) || (Array.isArray(entry) && entry.every(isName)))
  );
}

export const choices: TagModule = {
  tag: "Choices",
  kind: "control",
  params: {
    ...ANSWER,
    choice: oneOf(["single", "single-radio", "multiple"], "single"),
    showInline: bool(false),
    layout: oneOf(["select", "inline", "vertical"], "vertical"),
    allowNested: bool(false),
    value: text(),
  },
  children: ["Choice"],
  resultType: "choices",
  resultKey: "choices",
  codec: answerCodec("choices", "choices", isChoiceList),
  initial(node) {
    const selected = [...flatOptions(optionsOf(node))].filter((option) => boolAttr(option.node, "selected"));
    return choiceValue(
      node,
      selected.map((option) => option.path),
    );
  },
  press(store, control, regionId, option) {
    if (option) toggleChoice(store, control, regionId, option.path);
  },
  Control: ChoicesControl,
};

export const choice: TagModule = {
  tag: "Choice",
  kind: "child",
  params: {
    value: needed,
    selected: bool(false),
    alias: text(),
    style: text(),
    hotkey: text(),
    html: text(),
    hint: text(),
    color: text(),
  },
};
