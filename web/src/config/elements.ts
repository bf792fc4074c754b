/** Tags and attributes offered while typing a set-up; what is valid is decided by the server. */
export const ELEMENTS: Record<string, { attributes: string[]; children?: string[] }> = {
  View: { attributes: ["display", "style", "className", "visibleWhen", "whenTagName", "whenChoiceValue"] },
  Header: { attributes: ["value", "size", "underline"], children: [] },
  Style: { attributes: [], children: [] },
  Text: {
    attributes: ["name", "value", "valueType", "granularity", "saveTextResult", "encoding"],
    children: [],
  },
  HyperText: { attributes: ["name", "value", "valueType", "encoding", "clickableLinks"], children: [] },
  Image: {
    attributes: [
      "name",
      "value",
      "valueList",
      "zoomControl",
      "rotateControl",
      "brightnessControl",
      "contrastControl",
    ],
    children: [],
  },
  Audio: { attributes: ["name", "value", "zoom", "speed", "volume", "height", "spectrogram"], children: [] },
  Choices: {
    attributes: [
      "name",
      "toName",
      "choice",
      "required",
      "requiredMessage",
      "showInline",
      "perRegion",
      "layout",
    ],
    children: ["Choice"],
  },
  Choice: { attributes: ["value", "alias", "hotkey", "selected", "hint"], children: ["Choice"] },
  Labels: {
    attributes: ["name", "toName", "choice", "maxUsages", "showInline", "opacity", "fillColor"],
    children: ["Label"],
  },
  RectangleLabels: {
    attributes: [
      "name",
      "toName",
      "choice",
      "maxUsages",
      "showInline",
      "canRotate",
      "strokeWidth",
      "opacity",
    ],
    children: ["Label"],
  },
  Rectangle: {
    attributes: ["name", "toName", "canRotate", "strokeWidth", "opacity", "fillColor"],
    children: [],
  },
  Label: {
    attributes: ["value", "alias", "background", "hotkey", "maxUsages", "selected", "hint"],
    children: [],
  },
  TextArea: {
    attributes: [
      "name",
      "toName",
      "placeholder",
      "rows",
      "maxSubmissions",
      "editable",
      "required",
      "perRegion",
    ],
    children: [],
  },
  Rating: {
    attributes: ["name", "toName", "maxRating", "icon", "size", "required", "perRegion"],
    children: [],
  },
};
