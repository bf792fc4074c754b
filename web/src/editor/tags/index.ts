import { audio } from "./audio";
import { choice, choices } from "./choices";
import { hyperText } from "./hypertext";
import { image } from "./image";
import { label, labels } from "./labels";
import { rating } from "./rating";
import { rectangle, rectangleLabels } from "./rectangle";
import { registerTag } from "./registry";
import { text } from "./text";
import { textArea } from "./textarea";
import { header, style, view } from "./view";

// The one list of what the editor can show: a new tag is a module and a line here.
for (const module of [
  view,
  header,
  style,
  text,
  labels,
  label,
  choices,
  choice,
  textArea,
  rating,
  image,
  audio,
  hyperText,
  rectangle,
  rectangleLabels,
]) {
  registerTag(module);
}
