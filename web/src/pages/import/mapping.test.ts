import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assign, choicesOf, keyOf, likelyColumn, type Mapping } from "./mapping";

const COLUMNS = ["id", "Body", "text", "note"];

describe("assign", () => {
  it("gives a column a key, and notes only what differs from the file", () => {
    expect(assign(["id", "Body"], {}, "Body", "text")).toEqual({ Body: "text" });
    expect(assign(["id", "Body"], { Body: "text" }, "Body", "Body")).toEqual({});
    expect(assign(COLUMNS, {}, "note", "")).toEqual({ note: "" });
  });

  it("takes a key from the column that had it", () => {
    expect(assign(COLUMNS, {}, "Body", "text")).toEqual({ Body: "text", text: "" });
    expect(assign(COLUMNS, { id: "label" }, "note", "label")).toEqual({ note: "label" });
  });

  it("never gives a key to two columns, whatever is chosen", () => {
    const keys = fc.constantFrom("", "text", "image", ...COLUMNS);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...COLUMNS), keys), { maxLength: 12 }), (steps) => {
        let mapping: Mapping = {};
        for (const [column, key] of steps) {
          mapping = assign(COLUMNS, mapping, column, key);
          expect(keyOf(column, mapping)).toBe(key);
        }
        const used = COLUMNS.map((column) => keyOf(column, mapping)).filter((key) => key !== "");
        expect(new Set(used).size).toBe(used.length);
      }),
    );
  });
});

describe("likelyColumn", () => {
  it("sees through case, blanks and dashes", () => {
    expect(likelyColumn("review_text", ["id", "Review Text"], {})).toBe("Review Text");
    expect(likelyColumn("meta.title", ["Title", "x"], {})).toBe("Title");
    expect(likelyColumn("text", ["only"], {})).toBe("only");
    expect(likelyColumn("text", ["a", "b"], {})).toBeNull();
  });
});

it("offers the keys of the set-up, the column's own name, and nothing", () => {
  expect(choicesOf("Body", ["text"], { Body: "text" }).map((choice) => choice.value)).toEqual([
    "text",
    "Body",
    "",
  ]);
});
