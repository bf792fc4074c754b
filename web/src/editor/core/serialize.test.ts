import { describe, expect, it } from "vitest";
import { EVERYTHING, ROWS, region, span, storeFor } from "../testing/fixtures";
import { setAnswer } from "./answers";
import type { Region, ResultItem } from "./types";

const relation: ResultItem = {
  type: "relation",
  from_id: "a1",
  to_id: "b1",
  direction: "right",
  labels: ["owns"],
};

function change(store: ReturnType<typeof storeFor>, id: string, edit: (region: Region) => Partial<Region>) {
  const before = store.regions.get(id) as Region;
  store.apply([{ id, before, after: { ...before, ...edit(before) } }], "edit");
}

describe("untouched results", () => {
  for (const [name, items] of Object.entries(ROWS)) {
    it(`come back byte-equal: ${name}`, () => {
      const odd = items.map((item) => ({
        ...item,
        foo: { bar: [1] },
        value: { ...item.value, extra: null },
      }));
      const store = storeFor(EVERYTHING, odd);
      expect(store.foreign).toEqual([]);
      expect(JSON.stringify(store.serialize())).toBe(JSON.stringify(odd));
    });
  }

  it("keep their order, whatever it is, relations and unknown items included", () => {
    const mixed = [
      ...(ROWS.choices as ResultItem[]),
      relation,
      {
        id: "zz",
        from_name: "gone",
        to_name: "text",
        type: "labels",
        value: { start: 0, end: 1, labels: ["X"] },
      },
      ...Object.entries(ROWS).flatMap(([name, items]) => (name === "choices" ? [] : [...items].reverse())),
      { id: "nn", from_name: "mood", to_name: "text", type: "choices", value: { choices: 7 } },
    ];
    const store = storeFor(EVERYTHING, mixed);
    expect(JSON.stringify(store.serialize())).toBe(JSON.stringify(mixed));
    expect(store.foreign.map((entry) => entry.reason)).toEqual([
      'no control is named "gone"',
      '"choices" has an unexpected form',
    ]);
  });

  it("survive items that are no objects", () => {
    const broken = [null, 5, "x", ...(ROWS.rating as ResultItem[])] as unknown as ResultItem[];
    expect(storeFor(EVERYTHING, broken).serialize()).toEqual(broken);
  });
});

describe("edited regions", () => {
  for (const [name, items] of Object.entries(ROWS)) {
    it(`are the same again after an edit and its reverse: ${name}`, () => {
      const odd = items.map((item) => ({ ...item, foo: 1 }));
      const store = storeFor(EVERYTHING, odd);
      for (const id of [...store.order]) {
        const { shape, labels } = store.regions.get(id) as Region;
        change(store, id, () => ({ labels: { ...labels, other: ["x"] } }));
        change(store, id, () => ({ shape, labels }));
        expect(store.regions.get(id)?.touched).toBe(true);
      }
      expect(store.serialize()).toEqual(odd);
    });
  }

  it("write new geometry to every item of the id and leave the neighbours alone", () => {
    const items = [...(ROWS["per-region answers"] as ResultItem[]), ...(ROWS["split form"] as ResultItem[])];
    const store = storeFor(EVERYTHING, items);
    const shape = { kind: "box", x: 1, y: 2, width: 3, height: 4, rotation: 0 } as const;
    change(store, "b2", () => ({ shape }));
    const out = store.serialize();
    const moved = { x: 1, y: 2, width: 3, height: 4, rotation: 0 };
    expect(out.slice(0, 3).map((item) => item.value)).toEqual([
      { ...moved, rectanglelabels: ["Car"] },
      { ...moved, text: ["AB 12"] },
      { ...moved, choices: ["red"] },
    ]);
    expect(out.slice(0, 3).every((item) => item.parentID === "b9" && item.original_width === 640)).toBe(true);
    expect(out[3]).toBe(items[3]);
    expect(out[4]).toBe(items[4]);
  });

  it("say that a prediction was changed, only where it was", () => {
    const items = [...(ROWS["labels on text"] as ResultItem[]), ...(ROWS["box labels"] as ResultItem[])];
    const bare = items.map(({ origin: _, ...item }) => item as ResultItem);
    const store = storeFor(EVERYTHING, bare, {}, "prediction");
    expect(store.serialize().map((item) => item.origin)).toEqual(["prediction", "prediction"]);
    change(store, "a1", () => ({ labels: { ner: ["Place"] } }));
    expect(store.serialize().map((item) => item.origin)).toEqual(["prediction-changed", "prediction"]);
  });

  it("put new regions after the received ones, answers next, relations last", () => {
    const store = storeFor(EVERYTHING, [...(ROWS["labels on text"] as ResultItem[]), relation]);
    store.setTaskAnswer("stars", { rating: 2 });
    store.apply([{ id: "n1", before: null, after: region("n1", span(9, 12, "abc")) }], "add");
    expect(store.serialize().map((item) => item.from_name ?? item.type)).toEqual([
      "ner",
      "ner",
      "stars",
      "relation",
    ]);
    expect(store.serialize()[1]).toEqual({
      id: "n1",
      from_name: "ner",
      to_name: "text",
      type: "labels",
      origin: "manual",
      value: { start: 9, end: 12, text: "abc", labels: ["PER"] },
    });
  });

  it("take relations and kept items of a deleted region along, and undo brings both back", () => {
    const items = [
      ...(ROWS["labels on text"] as ResultItem[]),
      ...(ROWS["box labels"] as ResultItem[]),
      {
        id: "a1",
        from_name: "count",
        to_name: "text",
        type: "number",
        value: { start: 3, end: 8, number: 2 },
      },
      relation,
    ];
    const store = storeFor(EVERYTHING, items);
    store.apply([{ id: "a1", before: store.regions.get("a1") as Region, after: null }], "delete");
    expect(store.serialize()).toEqual([items[1]]);
    store.undo();
    expect(JSON.stringify(store.serialize())).toBe(JSON.stringify(items));
  });
});

describe("split form and answers", () => {
  it("makes one region of Rectangle and Labels, whichever comes first", () => {
    for (const items of [
      ROWS["split form"] as ResultItem[],
      [...(ROWS["split form"] as ResultItem[])].reverse(),
    ]) {
      const store = storeFor(EVERYTHING, items);
      expect(store.order).toEqual(["r1"]);
      expect(store.regions.get("r1")).toMatchObject({ from: "rect", labels: { kind: ["Sign"] } });
    }
  });

  it("drops the labels item when the label goes and keeps the geometry", () => {
    const store = storeFor(EVERYTHING, ROWS["split form"] as ResultItem[]);
    change(store, "r1", () => ({ labels: {} }));
    expect(store.serialize().map((item) => item.type)).toEqual(["rectangle"]);
  });

  it("writes a per-region answer with a copy of the geometry", () => {
    const store = storeFor(EVERYTHING, ROWS["box labels"] as ResultItem[]);
    const control = store.config.controls.get("plate");
    if (!control) throw new Error("config has a plate");
    setAnswer(store, control, "b1", { text: ["XY 1"] });
    const [, answer] = store.serialize();
    expect(answer).toMatchObject({
      id: "b1",
      type: "textarea",
      original_width: 640,
      value: { x: 10, y: 20, width: 30, height: 40, rotation: 15, text: ["XY 1"] },
    });
    setAnswer(store, control, "b1", null);
    expect(store.serialize()).toEqual(ROWS["box labels"]);
  });

  it("keeps the id and unknown keys of a changed whole-task answer and removes a cleared one", () => {
    const item = { ...(ROWS.choices as ResultItem[])[0], foo: 1 } as ResultItem;
    const store = storeFor(EVERYTHING, [item]);
    store.setTaskAnswer("mood", { choices: ["Bad"] });
    expect(store.serialize()).toEqual([{ ...item, value: { choices: ["Bad"] } }]);
    store.setTaskAnswer("mood", null);
    expect(store.serialize()).toEqual([]);
    store.undo();
    store.undo();
    expect(store.serialize()).toEqual([item]);
    expect(store.serialize()[0]).toBe(item);
  });

  it("leaves out answers to questions that an edited choice made disappear", () => {
    const xml = `<View><Text name="t" value="$t"/>
      <Choices name="a" toName="t"><Choice value="yes"/><Choice value="no"/></Choices>
      <View visibleWhen="choice-selected" whenTagName="a" whenChoiceValue="yes">
        <Choices name="b" toName="t"><Choice value="x"/></Choices></View></View>`;
    const store = storeFor(xml);
    store.setTaskAnswer("a", { choices: ["yes"] });
    store.setTaskAnswer("b", { choices: ["x"] });
    expect(store.serialize()).toHaveLength(2);
    store.setTaskAnswer("a", { choices: ["no"] });
    expect(store.serialize().map((item) => item.from_name)).toEqual(["a"]);
    store.undo();
    expect(store.serialize()).toHaveLength(2);
  });
});
