import "../media.css";
import { attr, boolAttr, enumAttr } from "../../config/attrs";
import type { ObjectView, ViewContext } from "../../core/types";
import { hostOf, make } from "../dom";
import { notice } from "../notice";
import { asText, decode } from "../text/mount";
import { cleanHtml } from "./sanitize";

/** Rules of the shadow root: a readable default that the page's own rules may change. */
const BASE = `
:host { display: block; }
.page { padding: 12px 16px; overflow-x: auto; overflow-wrap: break-word; line-height: 1.55; contain: content; }
.page.inline { display: inline; padding: 0; contain: none; }
.page.paper { color-scheme: light; background: #fff; color: #1b1d22; }
.page > :first-child { margin-top: 0; }
.page > :last-child { margin-bottom: 0; }
.page img, .page video { max-width: 100%; height: auto; }
.page table { border-collapse: collapse; }
.page td, .page th { padding: 4px 8px; border: 1px solid color-mix(in oklab, currentColor 25%, transparent); }
.page a { color: var(--accent, LinkText); }
.page.paper a { color: #1d4fc0; }
.ed-inert-link { text-decoration: underline; text-decoration-style: dotted; cursor: default; }
`;

/**
 * The HyperText object: a page inside a shadow root, so that its styles and ours do not meet. The nodes below
 * `page` are never wrapped or split: results of HyperTextLabels name them by XPath, so labels will be drawn with
 * CSS custom highlights over ranges of this very tree.
 */
export class HtmlView implements ObjectView {
  /** The element that XPaths start from. */
  readonly page = make("div", "page");
  private readonly root = make("div", "ed-html");
  private readonly abort = new AbortController();

  constructor(
    private readonly host: HTMLElement,
    private readonly ctx: ViewContext,
  ) {
    const { node } = ctx;
    this.root.tabIndex = 0;
    this.root.setAttribute("role", "document");
    this.root.setAttribute("aria-label", `Page ${node.name}`);
    if (boolAttr(node, "inline")) {
      this.root.classList.add("ed-html-inline");
      this.page.classList.add("inline");
    }
    host.append(this.root);
    if (enumAttr(node, "valueType", ["text", "url"], "text") === "url") void this.load();
    else this.show(ctx.value);
  }

  update(): void {
    // Nothing is drawn over the page yet.
  }

  reveal(): void {
    this.root.scrollIntoView({ block: "nearest" });
  }

  command(name: string): boolean {
    if (name !== "focus") return false;
    this.root.focus({ preventScroll: true });
    return true;
  }

  destroy(): void {
    this.abort.abort();
    this.root.remove();
  }

  private show(value: unknown): void {
    if (value === undefined || value === null) {
      notice(
        this.root,
        `This task has no page: its data has nothing at ${attr(this.ctx.node, "value") ?? ""}.`,
      );
      return;
    }
    const clean = cleanHtml(decode(this.ctx, asText(value)), {
      clickableLinks: boolAttr(this.ctx.node, "clickableLinks"),
      scope: ".page",
    });
    const shadow = this.root.shadowRoot ?? this.root.attachShadow({ mode: "open" });
    this.page.classList.toggle("paper", clean.coloured);
    this.page.replaceChildren(clean.fragment);
    shadow.adoptedStyleSheets = [baseSheet(), ...clean.sheets].filter((sheet) => sheet !== null);
    shadow.replaceChildren(this.page);
  }

  private async load(): Promise<void> {
    const url = this.ctx.resolveUrl(String(this.ctx.value ?? ""));
    const message = notice(this.host, "Loading the page…");
    try {
      const response = await fetch(url, { signal: this.abort.signal });
      if (!response.ok) throw new Error(`${hostOf(url)} answered ${response.status}`);
      const html = await response.text();
      message.remove();
      this.show(html);
    } catch (error) {
      message.remove();
      if (this.abort.signal.aborted) return;
      const reason =
        error instanceof TypeError ? `${hostOf(url)} cannot be reached` : (error as Error).message;
      notice(this.host, `The page could not be loaded (${reason}).`, () => void this.load());
    }
  }
}

let sheet: CSSStyleSheet | null | undefined;

function baseSheet(): CSSStyleSheet | null {
  if (sheet === undefined) {
    sheet =
      typeof CSSStyleSheet !== "undefined" && "replaceSync" in CSSStyleSheet.prototype
        ? new CSSStyleSheet()
        : null;
    sheet?.replaceSync(BASE);
  }
  return sheet;
}

export const mountHtml = (host: HTMLElement, ctx: ViewContext): ObjectView => new HtmlView(host, ctx);
