export type Rgb = readonly [number, number, number];

/** Any CSS colour as sRGB bytes, or null when it is not one (or fully exotic). */
export function parseColor(raw: string): Rgb | null {
  return parseHex(raw) ?? parseFunction(raw) ?? askCanvas(raw);
}

function parseHex(raw: string): Rgb | null {
  const digits = /^#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/i.exec(raw.trim())?.[1];
  if (!digits) return null;
  const wide = digits.length <= 4 ? [...digits].map((digit) => digit + digit).join("") : digits;
  return [0, 2, 4].map((at) => Number.parseInt(wide.slice(at, at + 2), 16)) as unknown as Rgb;
}

function parseFunction(raw: string): Rgb | null {
  const inner = /^rgba?\(([^)]*)\)$/i.exec(raw.trim())?.[1];
  const numbers = inner
    ?.match(/[\d.]+/g)
    ?.slice(0, 3)
    .map(Number);
  return numbers?.length === 3 ? (numbers as unknown as Rgb) : null;
}

/** Names and newer notations: a canvas context turns them into `#rrggbb`. */
function askCanvas(raw: string): Rgb | null {
  if (typeof OffscreenCanvas === "undefined") return null;
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  if (!context) return null;
  context.fillStyle = "#010203";
  context.fillStyle = raw;
  if (context.fillStyle === "#010203") return null;
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}

/** Relative luminance as WCAG 2 defines it, 0 to 1. */
export function luminance(rgb: Rgb): number {
  const [red, green, blue] = rgb.map((byte) => {
    const part = byte / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Near-black or white, whichever stands out more: at least 4.5:1 on any colour. */
export function readableOn(rgb: Rgb): string {
  const light = luminance(rgb);
  return 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 ? "#fff" : "#000";
}
