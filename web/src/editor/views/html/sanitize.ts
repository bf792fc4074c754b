/**
 * Task HTML → a harmless document fragment. Scripts, frames, forms and event handlers go; `style` attributes and
 * style sheets come back only through CSSOM (the page's content security policy allows no inline styles), without
 * anything that loads files or leaves its place.
 */
import DOMPurify from "dompurify";
import { applyStyle, scopedSheet } from "../../panels/safeStyle";

export interface CleanHtml {
  readonly fragment: DocumentFragment;
  readonly sheets: readonly CSSStyleSheet[];
  /** The page brings colours of its own, made for a white page as pages are. */
  readonly coloured: boolean;
}

export interface CleanOptions {
  readonly clickableLinks: boolean;
  /** Selector that the page's own rules are kept below. */
  readonly scope: string;
}

const FORBIDDEN = [
  "form",
  "input",
  "button",
  "select",
  "textarea",
  "option",
  "dialog",
  "base",
  "meta",
  "link",
];
const LINKS = new Set(["a", "area"]);
const COLOUR = /(^|[;{\s])(color|background(-color|-image)?)\s*:/i;

export function cleanHtml(html: string, options: CleanOptions): CleanHtml {
  const { markup, css } = withoutSheets(html);
  const purify = DOMPurify(window);
  const styles = new Map<Element, string>();
  purify.addHook("uponSanitizeAttribute", (node, data) => {
    if (data.attrName !== "style") return;
    styles.set(node, data.attrValue);
    data.keepAttr = false;
  });
  // Cleaned in place and then imported node by node, so that the styles find their elements again.
  const page = new DOMParser().parseFromString(hideStyles(markup), "text/html");
  for (const element of page.querySelectorAll(`[${HIDDEN_STYLE}]`)) {
    styles.set(element, element.getAttribute(HIDDEN_STYLE) ?? "");
    element.removeAttribute(HIDDEN_STYLE);
  }
  purify.sanitize(page.body, {
    IN_PLACE: true,
    USE_PROFILES: { html: true, svg: true },
    FORBID_TAGS: FORBIDDEN,
    ALLOW_DATA_ATTR: false,
    FORBID_ATTR: ["autofocus", "contenteditable", "accesskey", "tabindex", "popover", "popovertarget"],
    ALLOW_UNKNOWN_PROTOCOLS: false,
  });
  return {
    fragment: bring(page.body, styles, options),
    sheets: css.flatMap((text) => scopedSheet(text, options.scope) ?? []),
    coloured: css.some((text) => COLOUR.test(text)) || [...styles.values()].some((text) => COLOUR.test(text)),
  };
}

const HIDDEN_STYLE = "data-ed-style";

/**
 * `style` and `on…` attributes get another name before the page is parsed: the browser would report each of them as a
 * breach of the content security policy. This is for quiet only; what is safe is decided by the cleaning after it.
 */
function hideStyles(markup: string): string {
  return markup.replaceAll(/<[a-z][^>]*>/gi, (tag) =>
    tag
      .replace(/(\s)style(\s*=)/i, `$1${HIDDEN_STYLE}$2`)
      .replaceAll(/([\s"'/])on([a-z]+\s*=)/gi, "$1data-ed-on$2"),
  );
}

/** Takes `<style>` elements out of the markup, for the same reason. */
function withoutSheets(html: string): { markup: string; css: string[] } {
  const css: string[] = [];
  const markup = html.replaceAll(/<style\b[^>]*>([\s\S]*?)(<\/style\s*>|$)/gi, (_, text: string) => {
    css.push(text);
    return "";
  });
  return { markup, css };
}

/** Copies the cleaned nodes into our document and gives them their styles and link rules. */
function bring(
  body: HTMLElement,
  styles: ReadonlyMap<Element, string>,
  options: CleanOptions,
): DocumentFragment {
  const fragment = document.createDocumentFragment();
  const copy = (node: Node): Node => {
    const twin = document.importNode(node, false);
    if (twin instanceof Element && LINKS.has(twin.localName)) tameLink(twin, options.clickableLinks);
    if (twin instanceof HTMLImageElement && !twin.hasAttribute("alt")) twin.alt = "";
    const style = styles.get(node as Element);
    if (style !== undefined && twin instanceof HTMLElement) applyStyle(twin, style);
    for (const child of node.childNodes) twin.appendChild(copy(child));
    return twin;
  };
  for (const child of body.childNodes) fragment.append(copy(child));
  return fragment;
}

function tameLink(link: Element, clickable: boolean): void {
  if (clickable) {
    link.setAttribute("target", "_blank");
    link.setAttribute("rel", "noopener noreferrer nofollow");
    return;
  }
  const address = link.getAttribute("href");
  link.removeAttribute("href");
  link.removeAttribute("xlink:href");
  if (address !== null) link.classList.add("ed-inert-link");
}
