import { numAttr } from "../../config/attrs";
import { answerCodec } from "../../core/codecs";
import { ANSWER, bool, number, oneOf, text } from "../params";
import type { TagModule } from "../registry";
import { TextAreaControl } from "./TextAreaControl";

/** A list of submissions; a bare string, as some importers write it, is shown as well. */
function isTextList(payload: unknown): boolean {
  return (
    typeof payload === "string" ||
    (Array.isArray(payload) && payload.every((line) => typeof line === "string"))
  );
}

export const textArea: TagModule = {
  tag: "TextArea",
  kind: "control",
  params: {
    ...ANSWER,
    value: text(),
    placeholder: text(),
    maxSubmissions: number(),
    editable: bool(false),
    transcription: bool(false),
    skipDuplicates: bool(false),
    displayMode: oneOf(["tag", "region-list"], "tag"),
    rows: number(1),
    showSubmitButton: bool(),
  },
  resultType: "textarea",
  resultKey: "text",
  codec: answerCodec("textarea", "text", isTextList),
  validate(node, store) {
    const limit = numAttr(node, "maxSubmissions", 0);
    const lines = store.answers(node.name)?.text;
    if (limit === 0 || !Array.isArray(lines) || lines.length <= limit) return [];
    return [{ from: node.name, message: `"${node.name}" takes at most ${limit} entries.` }];
  },
  Control: TextAreaControl,
};
