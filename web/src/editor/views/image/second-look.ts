/** What to do about a picture that the browser did not show: find out why, and read TIFF, which browsers cannot. */

import { hostOf } from "../dom";

/** Larger pictures would take seconds and gigabytes to unpack here. */
const MAX_BYTES = 200 * 1024 * 1024;
const MAX_PIXELS = 100_000_000;

/** The picture after all; rejects with an Error whose message says what is wrong with it. */
export async function secondLook(url: string, signal: AbortSignal): Promise<HTMLImageElement> {
  const response = await fetch(url, { signal }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw new Error(`${hostOf(url)} cannot be reached, or does not let this page read the file.`);
  });
  if (!response.ok) throw new Error(`${hostOf(url)} answered ${response.status}.`);
  const blob = await response.blob();
  if (!isTiff(new Uint8Array(await blob.slice(0, 4).arrayBuffer()))) {
    const type = (blob.type.split(";")[0] ?? "") || "unknown";
    throw new Error(`The file (type ${type}, ${blob.size} bytes) is no picture that this browser can show.`);
  }
  if (blob.size > MAX_BYTES)
    throw new Error("This TIFF file is too large to show. Convert it to PNG or JPEG.");
  return unpack(await blob.arrayBuffer(), signal);
}

/** Little- or big-endian; not BigTIFF. */
export function isTiff(head: Uint8Array): boolean {
  const [first, second, third, fourth] = head;
  return (
    (first === 0x49 && second === 0x49 && third === 42 && fourth === 0) ||
    (first === 0x4d && second === 0x4d && third === 0 && fourth === 42)
  );
}

/** The first page, as a picture that can be drawn. */
async function unpack(bytes: ArrayBuffer, signal: AbortSignal): Promise<HTMLImageElement> {
  const { default: UTIF } = await import("utif2");
  const canvas = document.createElement("canvas");
  try {
    const page = UTIF.decode(bytes)[0];
    if (!page) throw new Error("no page");
    const [columns, rows] = [Number(first(page.t256)), Number(first(page.t257))];
    if (columns * rows > MAX_PIXELS) throw new Error("too many pixels");
    // Colours in planes of their own come out scrambled; nothing is better than a wrong picture.
    if (Number(first(page.t284)) === 2 && Number(first(page.t277)) > 1) throw new Error("separate planes");
    UTIF.decodeImage(bytes, page);
    canvas.width = page.width;
    canvas.height = page.height;
    const pixels = new ImageData(new Uint8ClampedArray(UTIF.toRGBA8(page)), page.width, page.height);
    canvas.getContext("2d")?.putImageData(pixels, 0, 0);
  } catch {
    throw new Error("This TIFF file cannot be shown. Convert it to PNG or JPEG.");
  }
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve));
  signal.throwIfAborted();
  if (!blob) throw new Error("This TIFF file cannot be shown. Convert it to PNG or JPEG.");
  return drawn(blob);
}

const first = (value: unknown): unknown => (Array.isArray(value) ? value[0] : value);

async function drawn(blob: Blob): Promise<HTMLImageElement> {
  const image = new Image();
  image.draggable = false;
  image.alt = "";
  const url = URL.createObjectURL(blob);
  try {
    image.src = url;
    await image.decode();
    return image;
  } finally {
    URL.revokeObjectURL(url);
  }
}
