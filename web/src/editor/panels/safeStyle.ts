/**
 * Styles that come with a label config. They may change how the task looks, but neither load anything nor
 * leave the editor: addresses, imports and fixed positions are dropped, rules apply below one element only.
 */

const LOADS = /url\(|image-set\(|src\(|image\(|cross-fade\(|element\(/i;

/** Copies the harmless declarations of a `style` attribute onto the element. */
export function applyStyle(element: HTMLElement, css: string | undefined): void {
  element.removeAttribute("style");
  if (!css) return;
  element.style.cssText = css;
  dropUnsafe(element.style);
}

function dropUnsafe(style: CSSStyleDeclaration): void {
  for (const name of [...style]) {
    const value = style.getPropertyValue(name);
    const escapes = name === "position" && /fixed|sticky/i.test(value);
    if (LOADS.test(value) || LOADS.test(decodeEscapes(value)) || escapes) style.removeProperty(name);
  }
}

/** CSS lets any letter be written as an escape: `\75 rl(` is `url(` again. */
function decodeEscapes(value: string): string {
  return value.replaceAll(/\\([0-9a-f]{1,6})\s?/gi, (_, hex: string) =>
    String.fromCodePoint(Math.min(Number.parseInt(hex, 16), 0x10ffff)),
  );
}

/** A sheet with the rules of `css` below `scope`, or null where such sheets do not exist. */
export function scopedSheet(css: string, scope: string): CSSStyleSheet | null {
  if (typeof CSSStyleSheet === "undefined" || !("replaceSync" in CSSStyleSheet.prototype)) return null;
  // Read on its own first: the rules that come out are whole, so nothing can close the scope early.
  const own = new CSSStyleSheet();
  own.replaceSync(css);
  clean(own.cssRules);
  const rules = [...own.cssRules].filter(isStyling).map((rule) => rule.cssText);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`${scope} { ${rules.join("\n")} }`);
  return sheet;
}

function isStyling(rule: CSSRule): boolean {
  return rule instanceof CSSStyleRule || rule instanceof CSSMediaRule;
}

function clean(rules: CSSRuleList): void {
  for (const rule of rules) {
    if (rule instanceof CSSStyleRule) dropUnsafe(rule.style);
    if (rule instanceof CSSStyleRule || rule instanceof CSSMediaRule) clean(rule.cssRules);
  }
}
