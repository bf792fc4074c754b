import { QueryClient } from "@tanstack/react-query";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Task } from "@/api/contract";
import type { ViewData } from "@/api/views";
import { cellText, fileName, includeOf, tableColumns, tableGrid, withHidden, withMoved } from "./columns";
import { tableFields } from "./fields";
import { neighbours } from "./neighbours";
import { pressed, sortOf } from "./ordering";
import { ALL, has, NONE, setMany, size, toggle, toItems } from "./selection";

describe("neighbours", () => {
  const client = new QueryClient();
  const page = (ids: number[]) => ({ total: 6, tasks: ids.map((id) => ({ id })) });
  client.setQueryData(["tasks", 1, "-id", 1, "id"], page([9, 7, 5]));
  client.setQueryData(["tasks", 1, "-id", 2, "id"], page([4, 2, 1]));

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
  const fields = tableFields([
    { id: "img", title: "img", type: "Image", parent: "data" },
    { id: "text", title: "text", type: "String", parent: "data" },
    { id: "id", title: "ID", type: "Number" },
    { id: "inner_id", title: "Inner ID", type: "Number" },
    { id: "total_annotations", title: "Annotations", type: "Number" },
    { id: "annotations_results", title: "Results", type: "String" },
    { id: "updated_at", title: "Updated", type: "Datetime" },
    { id: "data", title: "data", type: "List" },
  ]);
  const shown = (view: ViewData) => tableColumns(fields, view).map((column) => column.field.id);
  const usual = ["id", "data.img", "data.text", "total_annotations", "updated_at"];

  it("shows the data between the id and the counters", () => {
    expect(shown({})).toEqual(usual);
    const table = tableColumns(fields, {});
    expect(table.map((column) => column.kind)).toEqual(["id", "image", "text", "count", "time"]);
    expect(table[2]?.read({ data: { text: "hello" } } as unknown as Task)).toBe("hello");
    expect(tableGrid(table).gridTemplateColumns.split(" ").length).toBeGreaterThan(table.length);
    expect(includeOf(table)).toBe("data,id,total_annotations,updated_at");
  });

  it("follows what the view keeps", () => {
    const hidden = withHidden(fields, {}, "data.img", true);
    expect(shown(hidden)).toEqual(usual.filter((id) => id !== "data.img"));
    expect(shown(withHidden(fields, hidden, "inner_id", false))).toContain("inner_id");
    const moved = withMoved(fields, {}, "updated_at", "data.img");
    expect(shown(moved)).toEqual(["id", "updated_at", "data.img", "data.text", "total_annotations"]);
    expect(shown(withMoved(fields, moved, "id", null)).at(-1)).toBe("id");
    const view = {
      columnsWidth: { "tasks:data.text": 333 },
      columnsDisplayType: { "tasks:data.text": "Number" },
    };
    expect(tableColumns(fields, view)[2]).toMatchObject({ kind: "number", width: 333 });
    expect(shown({ hiddenColumns: { explore: fields.map((field) => `tasks:${field.id}`) } })).toEqual(["id"]);
  });

  it("sorts by presses on headers", () => {
    expect(pressed([], "id", false)).toEqual(["tasks:id"]);
    expect(pressed(["tasks:id"], "id", false)).toEqual(["-tasks:id"]);
    expect(pressed(["-tasks:id"], "id", false)).toEqual([]);
    expect(pressed(["tasks:a"], "id", true)).toEqual(["tasks:a", "tasks:id"]);
    expect(pressed(["tasks:a", "-tasks:id"], "id", true)).toEqual(["tasks:a"]);
    expect(sortOf(["id", "-tasks:data.x"], "data.x")).toEqual({ place: 2, down: true });
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
