import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { EVERYTHING, ROWS, region, span, storeFor } from "../testing/fixtures";
import { deleteRegions } from "./commands";
import type { AnnotationStore, Op, Region, ResultItem } from "./types";

const START = Object.values(ROWS).flat();

type Act =
  | { kind: "add"; start: number; at: number }
  | { kind: "move"; pick: number; start: number }
  | { kind: "delete"; picks: number[] }
  | { kind: "answer"; rating: number }
  | { kind: "undo" }
  | { kind: "redo" };

const nat = fc.nat(40);
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ kind: fc.constant("add" as const), start: nat, at: nat }),
  fc.record({ kind: fc.constant("move" as const), pick: nat, start: nat }),
  fc.record({ kind: fc.constant("delete" as const), picks: fc.array(nat, { maxLength: 4 }) }),
  fc.record({ kind: fc.constant("answer" as const), rating: fc.nat(5) }),
  fc.constant({ kind: "undo" as const }),
  fc.constant({ kind: "redo" as const }),
);

let serial = 0;

function perform(store: AnnotationStore, action: Act): void {
  const idAt = (index: number) => store.order[index % Math.max(store.order.length, 1)];
  if (action.kind === "undo") store.undo();
  else if (action.kind === "redo") store.redo();
  else if (action.kind === "answer") {
    store.setTaskAnswer("stars", action.rating === 0 ? null : { rating: action.rating });
  } else if (action.kind === "delete") {
    deleteRegions(store, new Set(action.picks.flatMap((pick) => idAt(pick) ?? [])));
  } else if (action.kind === "add") {
    const id = `n${serial++}`;
    const at = action.at % (store.order.length + 1);
    store.apply([{ id, before: null, after: region(id, span(action.start, action.start + 3)), at }], "add");
  } else {
    const before = store.regions.get(idAt(action.pick) ?? "");
    if (before)
      store.apply([{ id: before.id, before, after: { ...before, shape: span(action.start, 99) } }], "move");
  }
}

const picture = (store: AnnotationStore) => JSON.stringify([store.order, store.serialize()]);

describe("undo and redo", () => {
  it("walk through exactly the states that were, with any mix of edits", () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (actions) => {
        const store = storeFor(EVERYTHING, START);
        const first = picture(store);
        for (const action of actions) perform(store, action);
        const seen: string[] = [];
        while (store.canUndo) {
          seen.push(picture(store));
          store.undo();
        }
        expect(picture(store)).toBe(first);
        for (const expected of seen.reverse()) {
          store.redo();
          expect(picture(store)).toBe(expected);
        }
      }),
      { numRuns: 80 },
    );
  }, 30_000);

  it("treat one gesture on many regions as one step", () => {
    const store = storeFor(EVERYTHING, START);
    const count = deleteRegions(store, store.order);
    expect([count, store.order.length]).toEqual([START_REGIONS, 0]);
    store.undo();
    expect(store.canUndo).toBe(false);
    expect(JSON.stringify(store.serialize())).toBe(JSON.stringify(START));
  });

  it("keep redo when only the selection, flags or armed labels change", () => {
    const store = storeFor(EVERYTHING, START);
    deleteRegions(store, ["a1"]);
    store.undo();
    store.select(["b1"]);
    store.setFlags(["b1"], { hidden: true });
    store.arm("ner", ["PER"]);
    expect(store.redoLabel).toBe("delete region");
    store.redo();
    expect(store.regions.has("a1")).toBe(false);
    expect(store.regions.get("b1")?.hidden).toBe(true);
  });

  it("do not record edits that change nothing", () => {
    const store = storeFor(EVERYTHING, START);
    const before = store.regions.get("a1") as Region;
    store.apply([{ id: "a1", before, after: { ...before, labels: { ner: ["PER"] } } }], "same");
    store.setTaskAnswer("stars", { rating: 4 });
    expect([store.canUndo, store.revision, store.regions.get("a1")?.touched]).toEqual([false, 0, false]);
  });
});

const START_REGIONS = new Set(START.flatMap((item) => (/^[abrs]\d/.test(item.id ?? "") ? [item.id] : [])))
  .size;

describe("changes", () => {
  it("name the regions concerned and drop deleted ones from the selection", () => {
    const store = storeFor(EVERYTHING, START);
    store.select(["a1", "b1"]);
    const heard = vi.fn();
    const stop = store.subscribe(heard);
    deleteRegions(store, ["a1"]);
    expect(heard).toHaveBeenCalledTimes(1);
    expect(heard.mock.calls[0]?.[0]).toEqual({
      ids: new Set(["a1"]),
      selection: true,
      answers: false,
      armed: false,
    });
    expect([...store.selection]).toEqual(["b1"]);
    stop();
    store.undo();
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it("leave locked regions alone when deleting", () => {
    const store = storeFor(EVERYTHING, START);
    store.setFlags(["a1"], { locked: true });
    expect(deleteRegions(store, ["a1"])).toBe(0);
    expect(store.regions.has("a1")).toBe(true);
  });
});

describe("a new annotation", () => {
  const xml = `<View><Text name="t" value="$t"/><Labels name="l" toName="t"><Label value="A" selected="true"/></Labels>
    <Choices name="c" toName="t"><Choice value="x" selected="true"/><Choice value="y"/></Choices></View>`;

  it("starts with the answers and labels that the config picks", () => {
    const store = storeFor(xml);
    expect(store.answers("c")).toEqual({ choices: ["x"] });
    expect(store.armedLabels.get("l")).toEqual(["A"]);
    expect(store.serialize()).toHaveLength(1);
    expect(store.canUndo).toBe(false);
  });

  it("is not filled in when a result exists", () => {
    const item: ResultItem = {
      id: "1",
      from_name: "l",
      to_name: "t",
      type: "labels",
      value: { start: 0, end: 1, labels: ["A"] },
    };
    expect(storeFor(xml, [item]).serialize()).toEqual([item]);
  });
});

it("handles 2,000 spans without quadratic cost", () => {
  const items = Array.from(
    { length: 2000 },
    (_, index): ResultItem => ({
      id: `s${index}`,
      from_name: "ner",
      to_name: "text",
      type: "labels",
      value: { start: index, end: index + 1, text: "x", labels: ["PER"] },
    }),
  );
  const store = storeFor(EVERYTHING, items);
  const began = performance.now();
  const ops: Op[] = store.order.map((id) => ({ id, before: store.regions.get(id) as Region, after: null }));
  store.apply(ops, "delete all");
  store.undo();
  expect(store.serialize()).toHaveLength(2000);
  expect(performance.now() - began).toBeLessThan(1500);
});
