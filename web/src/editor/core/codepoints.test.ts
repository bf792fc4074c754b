import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { indexCodepoints } from "./codepoints";

describe("code points", () => {
  it("count an emoji once and combining marks one by one, like Python's str", () => {
    const text = "Hi 👋🏽 e\u0301!";
    const index = indexCodepoints(text);
    expect(index.length).toBe([...text].length);
    expect(index.slice(3, 5)).toBe("👋🏽");
    expect(index.slice(6, 8)).toBe("e\u0301");
    expect(index.toCodepoints(text.indexOf("!"))).toBe(8);
  });

  it("agree with spreading the text, in both directions", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), fc.nat(70), (text, offset) => {
        const index = indexCodepoints(text);
        const point = Math.min(offset, index.length);
        const unit = [...text].slice(0, point).join("").length;
        expect(index.toUtf16(point)).toBe(unit);
        expect(index.toCodepoints(unit)).toBe(point);
      }),
    );
  }, 30_000);

  it("clamp offsets outside the text", () => {
    const index = indexCodepoints("a😀b");
    expect([index.toUtf16(-3), index.toUtf16(99), index.toCodepoints(99)]).toEqual([0, 4, 3]);
  });
});
