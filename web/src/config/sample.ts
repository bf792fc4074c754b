const TEXTS = [
  "The ferry to Aldermoor leaves at nine, said Mira Holt, and it will not wait for the band.",
  "A second, shorter text to compare with the first one.",
];

/** Example data for a set-up that belongs to no project yet: one plausible value for every `$key`. */
export function sampleData(config: string): Record<string, unknown> {
  if (!config.trim()) return {};
  const doc = new DOMParser().parseFromString(config, "application/xml");
  const data: Record<string, unknown> = {};
  if (doc.querySelector("parsererror")) return data;
  for (const element of doc.querySelectorAll("*")) {
    for (const attribute of element.attributes) {
      const match = /^\$([A-Za-z_][\w.-]*)$/.exec(attribute.value.trim());
      if (match?.[1]) put(data, match[1], sampleValue(element, attribute.name.toLowerCase(), data));
    }
  }
  return data;
}

function sampleValue(element: Element, attribute: string, data: Record<string, unknown>): unknown {
  const tag = element.tagName.toLowerCase();
  if (attribute === "valuelist") return ["/samples/image.png", "/samples/image.png"];
  switch (tag) {
    case "image":
      return "/samples/image.png";
    case "audio":
    case "audioplus":
      return "/samples/audio.wav";
    case "video":
      return "/samples/video.mp4";
    case "timeseries":
      return "/samples/time-series.csv";
    case "hypertext":
      return "<h3>Harbour notice</h3><p>The <b>ferry</b> leaves at nine.</p>";
    case "header":
      return "A question about this task";
    case "choices":
    case "labels":
    case "rectanglelabels":
    case "taxonomy":
      return [{ value: "First" }, { value: "Second" }, { value: "Third" }];
    default:
      return TEXTS[Object.keys(data).length % TEXTS.length];
  }
}

/** Writes `a.b` as a nested object. */
function put(data: Record<string, unknown>, path: string, value: unknown): void {
  const keys = path.split(".");
  const last = keys.pop();
  if (last === undefined || last === "__proto__") return;
  let at = data;
  for (const key of keys) {
    if (key === "__proto__" || key === "constructor") return;
    const next = at[key];
    if (next === null || typeof next !== "object") at[key] = {};
    at = at[key] as Record<string, unknown>;
  }
  at[last] ??= value;
}
