import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diffLines } from "./diff";

const show = (before: string, after: string) =>
  diffLines(before, after).map(({ kind, text }) => `${{ same: " ", added: "+", removed: "-" }[kind]}${text}`);

describe("the difference of two texts", () => {
  it("keeps what is common", () => {
    expect(show("a\nb\nc", "a\nx\nc")).toEqual([" a", "-b", "+x", " c"]);
    expect(show("a\nb", "a\nb")).toEqual([" a", " b"]);
    expect(show("a\nb\nc\nd", "b\nd\ne")).toEqual(["-a", " b", "-c", " d", "+e"]);
  });

  it("can be read both ways, and removes and adds no more than needed", () => {
    const text = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = diffLines(before.join("\n"), after.join("\n"));
        const side = (gone: string) => lines.filter(({ kind }) => kind !== gone).map((line) => line.text);
        expect(side("added")).toEqual(before);
        expect(side("removed")).toEqual(after);
        for (const [index, line] of lines.entries()) {
          const next = lines[index + 1];
          if (line.kind === "removed" && next?.kind === "added") expect(line.text).not.toBe(next.text);
        }
      }),
    );
  });
});
