/** Which addresses an Image tag shows: one, or several pages. */
import { attr } from "../../config/attrs";
import { resolveValue } from "../../config/resolve";
import type { ViewContext } from "../../core/types";

export interface ImageSource {
  readonly urls: readonly string[];
  /** Regions carry `item_index`: the tag has a `valueList`, or its value is a list. */
  readonly paged: boolean;
}

export function imageSource(ctx: Pick<ViewContext, "node" | "value" | "data" | "resolveUrl">): ImageSource {
  const list = attr(ctx.node, "valueList");
  const value = list === undefined ? ctx.value : resolveValue(list, ctx.data);
  const entries = Array.isArray(value) ? value : [value];
  const urls = entries
    .filter((entry): entry is string => typeof entry === "string" && entry.trim() !== "")
    .map((entry) => ctx.resolveUrl(entry.trim()));
  return { urls, paged: list !== undefined || Array.isArray(value) };
}

/** Loads a picture; rejects with no detail (browsers give none). The size honours EXIF orientation. */
export function loadImage(url: string, crossOrigin: string, signal: AbortSignal): Promise<HTMLImageElement> {
  return new Promise((resolve, reject) => {
    const image = new Image();
    if (crossOrigin !== "none") image.crossOrigin = crossOrigin;
    image.decoding = "async";
    image.draggable = false;
    image.alt = "";
    signal.addEventListener("abort", () => {
      image.removeAttribute("src");
      reject(new DOMException("superseded", "AbortError"));
    });
    image.addEventListener("load", () =>
      image.naturalWidth > 0 && image.naturalHeight > 0 ? resolve(image) : reject(new Error("no size")),
    );
    image.addEventListener("error", () => reject(new Error("not an image, or not reachable")));
    image.src = url;
  });
}
