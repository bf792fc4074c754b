import { QueryClient } from "@tanstack/react-query";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Task } from "@/api/contract";
import { cellText, fileName, tableColumns, tableGrid } from "./columns";
import { neighbours } from "./neighbours";
import { ALL, has, NONE, setMany, size, toggle, toItems } from "./selection";

describe("neighbours", () => {
  const client = new QueryClient();
  const page = (ids: number[]) => ({ total: 6, tasks: ids.map((id) => ({ id })) });
  client.setQueryData(["tasks", 1, "-id", 1], page([9, 7, 5]));
  client.setQueryData(["tasks", 1, "-id", 2], page([4, 2, 1]));

  it("follows the order of the table, over the edge of a page too", () => {
    expect(neighbours(client, 1, 7)).toEqual({ before: 9, after: 5 });
    expect(neighbours(client, 1, 5)).toEqual({ before: 7, after: 4 });
    expect(neighbours(client, 1, 4)).toEqual({ before: 5, after: 2 });
  });
  it("knows nothing beyond what was seen", () => {
    expect(neighbours(client, 1, 9).before).toBeNull();
    expect(neighbours(client, 1, 77)).toEqual({ before: null, after: null });
    expect(neighbours(client, 2, 7)).toEqual({ before: null, after: null });
  });
});

describe("selection", () => {
  it("agrees with a plain set of picked ids after any steps", () => {
    const total = 20;
    const ids = Array.from({ length: total }, (_, index) => index);
    const step = fc.oneof(
      fc.record({ toggle: fc.nat(total - 1) }),
      fc.record({ range: fc.uniqueArray(fc.nat(total - 1)), picked: fc.boolean() }),
      fc.constantFrom({ whole: true }, { whole: false }),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let selection = NONE;
        let plain = new Set<number>();
        for (const one of steps) {
          if ("toggle" in one) {
            selection = toggle(selection, one.toggle);
            if (!plain.delete(one.toggle)) plain.add(one.toggle);
          } else if ("range" in one) {
            selection = setMany(selection, one.range, one.picked);
            for (const id of one.range) one.picked ? plain.add(id) : plain.delete(id);
          } else {
            selection = one.whole ? ALL : NONE;
            plain = new Set(one.whole ? ids : []);
          }
        }
        expect(ids.filter((id) => has(selection, id))).toEqual(ids.filter((id) => plain.has(id)));
        expect(size(selection, total)).toBe(plain.size);
      }),
    );
  });

  it("says 'everything but' to the server instead of listing a million ids", () => {
    expect(toItems(toggle(ALL, 4))).toEqual({ all: true, excluded: [4] });
    expect(toItems(toggle(NONE, 4))).toEqual({ all: false, included: [4] });
  });
});

describe("columns", () => {
  const columns = [
    { id: "img", title: "img", type: "Image", parent: "data" },
    { id: "text", title: "text", type: "String", parent: "data" },
    { id: "total_annotations", title: "x", type: "Number" },
  ];
  it("shows the data between the id and the counters", () => {
    const table = tableColumns(columns, []);
    expect(table.map((column) => column.id)).toEqual([
      "id",
      "data.img",
      "data.text",
      "total_annotations",
      "total_predictions",
      "updated_at",
    ]);
    expect(table[1]?.kind).toBe("image");
    expect(table[2]?.read({ data: { text: "hello" } } as unknown as Task)).toBe("hello");
    expect(tableGrid(table).gridTemplateColumns.split(" ").length).toBeGreaterThan(table.length);
  });

  it("falls back on the keys of the tasks in view", () => {
    const tasks = [{ data: { a: 1 } }, { data: { b: 2 } }] as unknown as Task[];
    expect(tableColumns([], tasks).map((column) => column.id)).toContain("data.b");
  });

  it("puts any value on one line", () => {
    expect(cellText(null)).toBe("");
    expect(cellText({ a: [1] })).toBe('{"a":[1]}');
    expect(cellText("x".repeat(500))).toHaveLength(301);
  });

  it("finds the file name in an address", () => {
    expect(fileName("/data/upload/1/ab-my%20song.wav?d=x/y")).toBe("ab-my song.wav");
    expect(fileName("%E0%A4%A")).toBe("%E0%A4%A");
  });
});
