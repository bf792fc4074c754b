import { describe, expect, it } from "vitest";
import { applyStyle } from "./safeStyle";

function styled(css: string): string {
  const element = document.createElement("div");
  applyStyle(element, css);
  return element.style.cssText;
}

describe("styles of a config", () => {
  it("change the looks", () => {
    expect(styled("display: flex; color: red")).toBe("display: flex; color: red;");
  });

  it.each([
    "background-image: url(https://elsewhere.example/x)",
    "list-style-image: url('//elsewhere.example/x')",
    "background-image: URL( x )",
    "position: fixed",
    "--x: u\\72 l(https://elsewhere.example/x)",
  ])("neither load anything nor leave the editor: %s", (css) => {
    expect(styled(`margin: 1px; ${css}`)).toBe("margin: 1px;");
  });

  it("are replaced as a whole", () => {
    const element = document.createElement("div");
    applyStyle(element, "color: red");
    applyStyle(element, undefined);
    expect(element.getAttribute("style")).toBeNull();
  });
});
