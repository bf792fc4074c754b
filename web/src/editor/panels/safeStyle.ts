/**
 * Styles that come with a label config. They may change how the task looks, but neither load anything nor
 * leave the editor: addresses, imports and fixed positions are dropped, rules apply below one element only.
 */

const LOADS = /url\(|image-set\(|src\(|image\(|cross-fade\(|element\(/i;

/** Sets the harmless declarations of a `style` attribute on the element, instead of those it had. */
export function applyStyle(element: HTMLElement, css: string | undefined): void {
  element.removeAttribute("style");
  if (!css) return;
  // Cleaned on an element outside the page, so that nothing is loaded meanwhile.
  const scratch = document.createElement("div").style;
  scratch.cssText = css;
  dropUnsafe(scratch);
  if (!loads(scratch.cssText)) element.style.cssText = scratch.cssText;
}

function dropUnsafe(style: CSSStyleDeclaration): void {
  for (const name of Array.from(style)) {
    const value = style.getPropertyValue(name);
    const escapes = name === "position" && /fixed|sticky/i.test(value);
    if (loads(value) || escapes) style.removeProperty(name);
  }
}

function loads(css: string): boolean {
  return LOADS.test(css) || LOADS.test(decodeEscapes(css));
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
  // A shorthand with a variable hides its parts from `clean`; such a rule goes as a whole.
  sheet.replaceSync(`${scope} { ${rules.filter((rule) => !loads(rule)).join("\n")} }`);
  return sheet;
}

function isStyling(rule: CSSRule): boolean {
  return rule instanceof CSSStyleRule || rule instanceof CSSMediaRule;
}

function clean(rules: CSSRuleList): void {
  for (const rule of Array.from(rules)) {
    if ("style" in rule) dropUnsafe(rule.style as CSSStyleDeclaration);
    if ("cssRules" in rule) clean(rule.cssRules as CSSRuleList);
  }
}
