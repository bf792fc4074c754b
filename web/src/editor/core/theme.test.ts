import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { region, span, storeFor } from "../testing/fixtures";
import { luminance, parseColor, type Rgb, readableOn } from "./color";
import { makeTheme } from "./theme";

function contrast(a: number, b: number): number {
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** Relative luminance of `oklch(L% C H)`, out-of-gamut channels clipped as screens do. */
function oklchLuminance(color: string): number {
  const [light = 0, chroma = 0, hue = 0] = (color.match(/[\d.]+/g) ?? []).map(Number);
  const angle = (hue * Math.PI) / 180;
  const [l, a, b] = [light / 100, chroma * Math.cos(angle), chroma * Math.sin(angle)];
  const long = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const middle = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (l - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clip = (value: number) => Math.min(Math.max(value, 0), 1);
  const red = clip(4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short);
  const green = clip(-1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short);
  const blue = clip(-0.0041960863 * long - 0.7034186147 * middle + 1.707614701 * short);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const labels = Array.from({ length: 200 }, (_, at) => `<Label value="l${at}"/>`).join("");
const xml = `<View><Text name="text" value="$t"/><Labels name="ner" toName="text">${labels}
  <Label value="Own" background="#FFC53D" alias="own" showAlias="true"/><Label value="Odd" background="nonsense"/></Labels></View>`;

describe("label colours", () => {
  it.each([false, true])("carry readable text, dark = %s", (dark) => {
    const theme = makeTheme(storeFor(xml).config, dark);
    for (let at = 0; at < 200; at++) {
      const { solid, text } = theme.label("ner", `l${at}`);
      expect(contrast(oklchLuminance(solid), oklchLuminance(text))).toBeGreaterThan(4.5);
    }
  });

  it("respect the background of the config and pick the text on it", () => {
    const theme = makeTheme(storeFor(xml).config, false);
    expect(theme.label("ner", "own")).toMatchObject({ solid: "rgb(255 197 61)", text: "#000" });
    expect(theme.label("ner", "Odd").solid).toContain("oklch");
    expect(theme.label("ner", "not in the config").solid).toContain("oklch");
  });

  it("name regions by the shown value, and unknown labels as they are", () => {
    const theme = makeTheme(storeFor(xml).config, false);
    const named = region("1", span(0, 1), { labels: { ner: ["own", "l3", "gone"] } });
    expect(theme.caption(named)).toBe("Own (own), l3, gone");
  });
});

describe("text on a colour", () => {
  it("always reaches 4.5:1", () => {
    const byte = fc.nat(255);
    fc.assert(
      fc.property(fc.tuple(byte, byte, byte), (rgb) => {
        const ink = readableOn(rgb) === "#fff" ? 1 : 0;
        expect(contrast(luminance(rgb as Rgb), ink)).toBeGreaterThanOrEqual(4.5);
      }),
    );
  });

  it.each([
    ["#f00", [255, 0, 0]],
    ["#00FF0080", [0, 255, 0]],
    ["rgb(1, 2, 3)", [1, 2, 3]],
    ["url(x)", null],
  ])("reads %s", (raw, expected) => {
    expect(parseColor(raw)).toEqual(expected);
  });
});
