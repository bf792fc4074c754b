const OBJECTS = ["Text", "HyperText", "Image", "Audio", "Video", "TimeSeries", "Paragraphs", "Table", "Pdf"];

/** What kind of data a labeling set-up is for, from its object tags: "Text, Image". */
export function configKind(config: string): string {
  const found = OBJECTS.filter((tag) => new RegExp(`<${tag}[\\s/>]`).test(config));
  return found.length ? found.join(", ") : "No labeling set-up yet";
}
