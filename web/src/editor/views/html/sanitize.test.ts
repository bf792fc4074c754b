import { describe, expect, it } from "vitest";
import { cleanHtml } from "./sanitize";

function show(html: string, clickableLinks = false): HTMLElement {
  const host = document.createElement("div");
  host.append(cleanHtml(html, { clickableLinks, scope: ".page" }).fragment);
  return host;
}

describe("cleanHtml", () => {
  it("takes out everything that runs, loads pages or asks for input", () => {
    const host =
      show(`<p onclick="x()">Text<script>x()</script></p><img src=x onerror=x()><iframe src=//e></iframe>
      <form action=//e><input name=q><button>Go</button></form><object data=x></object><svg onload=x()><circle r=1 /></svg>
      <a href="javascript:x()">j</a><meta http-equiv=refresh content="0;url=//e"><base href=//e><div popover id=x>p</div>`);
    expect(
      host.querySelector("script, iframe, form, input, button, object, meta, base, embed, [popover]"),
    ).toBeNull();
    for (const element of host.querySelectorAll("*")) {
      expect([...element.attributes].filter(({ name }) => name.startsWith("on"))).toEqual([]);
    }
    expect(host.innerHTML).not.toContain("javascript:");
    expect(host.textContent).toContain("Text");
  });

  it("keeps structure and text, so that XPaths into the page hold", () => {
    const host = show("<div><p>One <b>two</b> three</p><p>4</p></div>");
    expect(host.innerHTML).toBe("<div><p>One <b>two</b> three</p><p>4</p></div>");
  });

  it("applies harmless styles and drops those that load or escape", () => {
    const host = show(
      `<p style="font-weight: bold; background-image: url(http://e/x); position: fixed">a</p><p title="my style = x">b</p>`,
    );
    const [first, second] = host.querySelectorAll("p");
    expect(first?.style.fontWeight).toBe("bold");
    expect(first?.style.backgroundImage).toBe("");
    expect(first?.style.position).toBe("");
    expect(second?.textContent).toBe("b");
  });

  it("says when a page brings its own colours", () => {
    const coloured = (html: string) => cleanHtml(html, { clickableLinks: false, scope: ".page" }).coloured;
    expect(coloured(`<p style="color: #222">a</p>`)).toBe(true);
    expect(coloured("<style>body { background: #eee }</style><p>a</p>")).toBe(true);
    expect(coloured(`<p style="border-color: red; margin: 0">a</p>`)).toBe(false);
  });

  it("makes links inert unless they are wanted, and then opens them apart", () => {
    expect(show(`<a href="https://example.org/">t</a>`).querySelector("a")?.hasAttribute("href")).toBe(false);
    const link = show(`<a href="https://example.org/" target="_top">t</a>`, true).querySelector("a");
    expect(link?.getAttribute("href")).toBe("https://example.org/");
    expect(link?.target).toBe("_blank");
    expect(link?.rel).toContain("noopener");
  });

  it("survives text that only looks like markup", () => {
    expect(show("1 < 2 & 3 > 2 <notatag").textContent).toContain("1 < 2 & 3 > 2");
  });
});
