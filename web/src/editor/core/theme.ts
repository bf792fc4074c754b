import { attr, boolAttr } from "../config/attrs";
import { findOption, flatOptions, optionsOf } from "../config/options";
import type { ConfigTree } from "../config/types";
import { parseColor, readableOn } from "./color";
import type { EditorTheme, LabelColor, Region } from "./types";

// Neighbours in a label bar get hues far apart; after these the golden angle goes on.
const HUES = [258, 30, 155, 325, 80, 205, 355, 120, 290, 55, 180, 230];
const GOLDEN_ANGLE = 137.508;

/** Label colours for one config and mode: a hue per label at the mode's fixed lightness and chroma. */
export function makeTheme(config: ConfigTree, dark: boolean): EditorTheme {
  const colors = new Map<string, LabelColor>();
  const hues = hueTable(config);
  const label = (from: string, name: string): LabelColor => {
    const key = `${from}\u0000${name}`;
    let color = colors.get(key);
    if (!color) {
      color = ownColor(config, from, name) ?? hueColor(hues.get(key) ?? hashHue(name), dark);
      colors.set(key, color);
    }
    return color;
  };
  const firstLabel = (region: Region): [string, string] | null => {
    const own = region.labels[region.from]?.[0];
    if (own !== undefined) return [region.from, own];
    for (const [from, labels] of Object.entries(region.labels))
      if (labels[0] !== undefined) return [from, labels[0]];
    return null;
  };
  return {
    dark,
    label,
    region(region) {
      const first = firstLabel(region);
      return first ? label(...first) : neutral(dark);
    },
    caption: (region) => captionOf(config, region),
  };
}

export function captionOf(config: ConfigTree, region: Region): string {
  const names: string[] = [];
  for (const [from, labels] of Object.entries(region.labels)) {
    const control = config.controls.get(from);
    for (const stored of labels) names.push((control && optionTitle(control, stored)) || stored);
  }
  return names.join(", ");
}

function optionTitle(control: Parameters<typeof findOption>[0], stored: string): string | undefined {
  const option = findOption(control, stored);
  if (!option) return undefined;
  return boolAttr(option.node, "showAlias") && option.stored !== option.title
    ? `${option.title} (${option.stored})`
    : option.title;
}

function hueTable(config: ConfigTree): Map<string, number> {
  const hues = new Map<string, number>();
  for (const control of config.controls.values()) {
    for (const option of flatOptions(optionsOf(control))) {
      const key = `${control.name}\u0000${option.stored}`;
      if (!hues.has(key)) hues.set(key, HUES[hues.size] ?? (hues.size * GOLDEN_ANGLE) % 360);
    }
  }
  return hues;
}

/** `background` of the tag (or `color` of a Choice), when it is a colour the browser knows. */
function ownColor(config: ConfigTree, from: string, name: string): LabelColor | null {
  const control = config.controls.get(from);
  const option = control && findOption(control, name);
  return labelColor(option && (attr(option.node, "background") ?? attr(option.node, "color")));
}

/** Colours made from one that a config names; null when the browser does not know it. */
export function labelColor(raw: string | undefined): LabelColor | null {
  const rgb = raw ? parseColor(raw) : null;
  if (!rgb) return null;
  const channels = rgb.join(" ");
  return { solid: `rgb(${channels})`, soft: `rgb(${channels} / 0.22)`, text: readableOn(rgb) };
}

function hueColor(hue: number, dark: boolean): LabelColor {
  return dark
    ? {
        solid: `oklch(78% 0.11 ${hue})`,
        soft: `oklch(70% 0.13 ${hue} / 0.28)`,
        text: `oklch(19% 0.03 ${hue})`,
      }
    : { solid: `oklch(51% 0.14 ${hue})`, soft: `oklch(62% 0.16 ${hue} / 0.2)`, text: "oklch(100% 0 0)" };
}

function neutral(dark: boolean): LabelColor {
  return dark
    ? { solid: "oklch(74% 0.012 265)", soft: "oklch(70% 0.012 265 / 0.24)", text: "oklch(18% 0.01 265)" }
    : { solid: "oklch(46% 0.012 265)", soft: "oklch(55% 0.012 265 / 0.18)", text: "oklch(100% 0 0)" };
}

function hashHue(name: string): number {
  let hash = 7;
  for (const char of name) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 9973;
  return (hash * GOLDEN_ANGLE) % 360;
}
