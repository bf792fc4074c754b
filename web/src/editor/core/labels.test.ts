import { describe, expect, it } from "vitest";
import type { ConfigNode } from "../config/types";
import { EVERYTHING, ROWS, span, storeFor } from "../testing/fixtures";
import { assignHotkeys } from "./hotkeys";
import { createRegion, pickLabel } from "./labels";
import type { AnnotationStore, ResultItem } from "./types";
import { validate } from "./validate";

const quiet = () => undefined;
const control = (store: AnnotationStore, name: string) => store.config.controls.get(name) as ConfigNode;
const object = (store: AnnotationStore, name: string) => store.config.objects.get(name) as ConfigNode;
const box = { kind: "box", x: 0, y: 0, width: 5, height: 5, rotation: 0 } as const;

describe("making regions", () => {
  it("uses the armed label and stores its alias", () => {
    const store = storeFor(EVERYTHING);
    pickLabel(store, control(store, "ner"), "PER", quiet);
    const region = createRegion(
      store,
      { object: object(store, "text"), shape: span(0, 1), from: null },
      quiet,
    );
    expect(region).toMatchObject({ from: "ner", labels: { ner: ["PER"] }, origin: "manual" });
    expect(region?.id).toMatch(/^[\w-]{10}$/);
  });

  it("asks for a label first and makes nothing", () => {
    const store = storeFor(EVERYTHING);
    const said: string[] = [];
    expect(
      createRegion(store, { object: object(store, "text"), shape: span(0, 1), from: null }, (text) =>
        said.push(text),
      ),
    ).toBeNull();
    expect([said, store.order]).toEqual([["Pick a label first."], []]);
  });

  it("joins Rectangle and Labels to one region of two items", () => {
    const store = storeFor(EVERYTHING);
    pickLabel(store, control(store, "kind"), "Sign", quiet);
    createRegion(store, { object: object(store, "img"), shape: box, from: "rect" }, quiet);
    expect(store.serialize().map((item) => [item.type, item.value?.labels])).toEqual([
      ["rectangle", undefined],
      ["labels", ["Sign"]],
    ]);
    expect(new Set(store.serialize().map((item) => item.id)).size).toBe(1);
  });

  it("selects a region that per-region questions wait for, and only such", () => {
    const store = storeFor(
      `<View><Text name="t" value="$t"/><Labels name="l" toName="t"><Label value="A"/></Labels></View>`,
    );
    createRegion(store, { object: object(store, "t"), shape: span(0, 1), from: null }, quiet);
    expect(store.selection.size).toBe(0);
    const asking = storeFor(EVERYTHING);
    pickLabel(asking, control(asking, "ner"), "PER", quiet);
    createRegion(asking, { object: object(asking, "text"), shape: span(0, 1), from: null }, quiet);
    expect(asking.selection.size).toBe(1);
  });
});

describe("picking labels", () => {
  it("relabels the selected region as one step, never leaving it bare", () => {
    const store = storeFor(EVERYTHING, ROWS["labels on text"] as ResultItem[]);
    store.select(["a1"]);
    pickLabel(store, control(store, "ner"), "Place", quiet);
    expect(store.regions.get("a1")?.labels).toEqual({ ner: ["Place"] });
    pickLabel(store, control(store, "ner"), "Place", quiet);
    expect(store.regions.get("a1")?.labels).toEqual({ ner: ["Place"] });
    store.undo();
    expect(store.serialize()).toEqual(ROWS["labels on text"]);
    expect(store.armedLabels.size).toBe(0);
  });

  it("arms instead when the selected region belongs to another object", () => {
    const store = storeFor(EVERYTHING, ROWS["labels on audio"] as ResultItem[]);
    store.select(["s1"]);
    pickLabel(store, control(store, "ner"), "PER", quiet);
    expect(store.armedLabels.get("ner")).toEqual(["PER"]);
  });

  it("refuses more than maxUsages", () => {
    const xml = `<View><Text name="t" value="$t"/><Labels name="l" toName="t"><Label value="A" maxUsages="1"/><Label value="B"/></Labels></View>`;
    const store = storeFor(xml);
    const said: string[] = [];
    pickLabel(store, control(store, "l"), "A", quiet);
    const make = () =>
      createRegion(store, { object: object(store, "t"), shape: span(0, 1), from: null }, (text) =>
        said.push(text),
      );
    expect(make()).not.toBeNull();
    expect(make()).toBeNull();
    expect(said.at(-1)).toContain("used up");
    expect(validate(store)).toEqual([]);
  });

  it("keeps several labels when the control allows them", () => {
    const xml = `<View><Text name="t" value="$t"/><Labels name="l" toName="t" choice="multiple"><Label value="A"/><Label value="B"/></Labels></View>`;
    const store = storeFor(xml);
    pickLabel(store, control(store, "l"), "A", quiet);
    pickLabel(store, control(store, "l"), "B", quiet);
    createRegion(store, { object: object(store, "t"), shape: span(0, 1), from: null }, quiet);
    expect(store.serialize()[0]?.value?.labels).toEqual(["A", "B"]);
  });
});

describe("validation", () => {
  const xml = `<View><Text name="t" value="$t"/>
    <Labels name="l" toName="t"><Label value="A"/><Label value="B"/></Labels>
    <Choices name="c" toName="t" required="true" requiredMessage="Say which"><Choice value="x"/></Choices>
    <TextArea name="why" toName="t" required="true" visibleWhen="choice-selected" whenTagName="c"/>
    <Rating name="r" toName="t" perRegion="true" required="true" whenLabelValue="B" visibleWhen="region-selected"/></View>`;

  it("names what is missing, and only questions that are asked", () => {
    const store = storeFor(xml);
    expect(validate(store)).toEqual([{ from: "c", message: "Say which" }]);
    store.setTaskAnswer("c", { choices: ["x"] });
    expect(validate(store).map((problem) => problem.from)).toEqual(["why"]);
  });

  it("looks at each region for per-region questions", () => {
    const store = storeFor(xml);
    const make = (label: string) => {
      store.arm("l", [label]);
      return createRegion(store, { object: object(store, "t"), shape: span(0, 1), from: null }, quiet)?.id;
    };
    make("A");
    const asked = make("B");
    expect(validate(store).filter((problem) => problem.from === "r")).toEqual([
      { from: "r", message: "“r” needs an answer.", regionId: asked },
    ]);
  });
});

describe("hotkeys", () => {
  it("run over all labels and choices in order, around the ones that the config sets", () => {
    const xml = `<View><Text name="t" value="$t"/>
      <Labels name="l" toName="t"><Label value="A"/><Label value="B" hotkey="2"/><Label value="C"/></Labels>
      <Choices name="c" toName="t">${Array.from({ length: 12 }, (_, at) => `<Choice value="c${at}"/>`).join("")}</Choices></View>`;
    const keys = assignHotkeys(storeFor(xml).config).map((binding) => binding.key);
    expect(keys).toEqual(["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "q", "w", "e", "t", "a"]);
  });

  it("leave letters of image tools to them", () => {
    const labels = Array.from({ length: 16 }, (_, at) => `<Label value="c${at}"/>`).join("");
    const xml = `<View><Image name="t" value="$t"/><RectangleLabels name="l" toName="t">${labels}</RectangleLabels></View>`;
    const keys = assignHotkeys(storeFor(xml).config).map((binding) => binding.key);
    expect(keys.slice(10)).toEqual(["q", "w", "t", "a", "s", "d"]);
  });
});
