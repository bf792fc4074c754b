import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { controlsOf } from "../../config/parse";
import type { ConfigNode } from "../../config/types";
import { createRegion } from "../../core/labels";
import { makeTheme } from "../../core/theme";
import type { AnnotationStore, ResultItem, ViewContext } from "../../core/types";
import { storeFor } from "../../testing/fixtures";
import { mountText } from "./mount";
import { type Extent, levels, lineAt, lineStarts, segmentLine } from "./segments";
import { nextWord, previousWord, snap, stepCharacter } from "./words";

describe("segments", () => {
  const extent = fc
    .tuple(fc.nat(30), fc.nat(30))
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b) + 1] as const);
  const extents = fc
    .array(extent, { maxLength: 8 })
    .map((list) => list.map(([start, end], index): Extent => ({ id: `s${index}`, start, end })));

  it("tile the line and name exactly the spans over each stretch", () => {
    fc.assert(
      fc.property(extents, (list) => {
        const segments = segmentLine(5, 25, list);
        expect(segments[0]?.start).toBe(5);
        expect(segments.at(-1)?.end).toBe(25);
        for (const [index, segment] of segments.entries()) {
          if (index > 0) expect(segment.start).toBe(segments[index - 1]?.end);
          const over = list.filter((one) => one.start < segment.end && one.end > segment.start);
          expect(new Set(segment.ids)).toEqual(new Set(over.map((one) => one.id)));
          expect(segment.ending.every((id) => list.find((one) => one.id === id)?.end === segment.end)).toBe(
            true,
          );
        }
      }),
    );
  }, 30_000);

  it("give overlapping spans different underlines", () => {
    fc.assert(
      fc.property(extents, (list) => {
        const level = levels(list);
        for (const a of list) {
          for (const b of list) {
            if (a !== b && a.start < b.end && b.start < a.end)
              expect(level.get(a.id)).not.toBe(level.get(b.id));
          }
        }
      }),
    );
  }, 30_000);

  it("find the line of an offset", () => {
    const starts = lineStarts("ab\n\ncd");
    expect(starts).toEqual([0, 3, 4]);
    expect([0, 2, 3, 4, 6].map((offset) => lineAt(starts, offset))).toEqual([0, 0, 1, 2, 2]);
  });
});

describe("words", () => {
  const text = "Well, e\u0301tude №5 by\n\nO’Neill 👩‍🔬.";

  it("are walked in both directions over punctuation and line ends", () => {
    const forward: string[] = [];
    for (let word = nextWord(text, 0); word; word = nextWord(text, word.end)) {
      forward.push(text.slice(word.start, word.end));
    }
    const backward: string[] = [];
    for (let word = previousWord(text, text.length); word; word = previousWord(text, word.start)) {
      backward.push(text.slice(word.start, word.end));
    }
    expect(forward).toContain("e\u0301tude");
    expect(forward.slice(-2)).toEqual(["O’Neill", "👩‍🔬"]);
    expect(backward.reverse()).toEqual(forward);
  });

  it.each([
    ["symbol", "ell, e", "ell, e"],
    ["word", "ell", "Well"],
    ["sentence", "One t", "One two."],
    ["paragraph", "two", "One two. Three."],
  ] as const)("grow a selection by %s", (granularity, selected, expected) => {
    const page = "Well, e\nOne two. Three.\nFour";
    const start = page.indexOf(selected);
    const range = snap(page, { start, end: start + selected.length }, granularity);
    expect(range && page.slice(range.start, range.end)).toBe(expected);
  });

  it("lose blank ends, and blank selections give nothing", () => {
    expect(snap("a b c", { start: 1, end: 4 }, "symbol")).toEqual({ start: 2, end: 3 });
    expect(snap("a   c", { start: 1, end: 3 }, "word")).toBeNull();
  });

  it("step over a whole emoji", () => {
    expect(stepCharacter("a👩‍🔬b", 1, 1)).toBe(6);
    expect(stepCharacter("a👩‍🔬b", 6, -1)).toBe(1);
  });
});

const XML = (attributes = "") => `<View><Text name="t" value="$t" ${attributes}/>
  <Labels name="l" toName="t"><Label value="A"/><Label value="B"/></Labels></View>`;

function item(id: string, start: number, end: number): ResultItem {
  return { id, from_name: "l", to_name: "t", type: "labels", value: { start, end, labels: ["A"] } };
}

function mount(store: AnnotationStore, value: unknown, over: Partial<ViewContext> = {}) {
  const host = document.createElement("div");
  document.body.append(host);
  const node = store.config.objects.get("t") as ConfigNode;
  const said: string[] = [];
  const view = mountText(host, {
    node,
    value,
    data: {},
    store,
    controls: controlsOf(store.config, "t"),
    readOnly: false,
    theme: makeTheme(store.config, false),
    announce: (text) => said.push(text),
    resolveUrl: (url) => url,
    newRegion: (shape, from) => createRegion(store, { object: node, shape, from }, (text) => said.push(text)),
    ...over,
  });
  store.subscribe((change) => view.update(change));
  return { host, view, said, root: () => host.querySelector(".ed-text") as HTMLElement };
}

function press(target: HTMLElement, key: string, modifiers: KeyboardEventInit = {}) {
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...modifiers }));
}

function selectText(host: HTMLElement, part: string) {
  const walker = document.createTreeWalker(host, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const at = (node as Text).data.indexOf(part);
    if (at >= 0) document.getSelection()?.setBaseAndExtent(node, at, node, at + part.length);
  }
}

describe("text view", () => {
  afterEach(() => document.body.replaceChildren());

  it("shows the text unchanged, with a mark for each stretch and captions outside the text", () => {
    const store = storeFor(XML(), [item("1", 0, 8), item("2", 4, 12)]);
    const { host } = mount(store, "One two three\nfour");
    expect([...host.querySelectorAll(".ed-line")].map((line) => line.textContent)).toEqual([
      "One two three",
      "four",
    ]);
    expect([...host.querySelectorAll(".ed-mark")].map((mark) => mark.textContent)).toEqual([
      "One ",
      "two ",
      "thre",
    ]);
    expect(host.querySelectorAll(".ed-caption")).toHaveLength(2);
  });

  it("makes a span of the mouse selection when a label is ready, in code points", () => {
    const store = storeFor(XML());
    const { host, root } = mount(store, "😀 héllo wörld");
    store.arm("l", ["B"]);
    selectText(host, "héllo ");
    root().dispatchEvent(new MouseEvent("mouseup", { bubbles: true, button: 0 }));
    expect(store.serialize()[0]?.value).toEqual({ start: 2, end: 7, text: "héllo", labels: ["B"] });
    expect(document.getSelection()?.isCollapsed ?? true).toBe(true);
  });

  it("grows the selection to words when only the label asks for words", () => {
    const xml = XML().replace('<Label value="B"/>', '<Label value="B" granularity="word"/>');
    const store = storeFor(xml);
    const { host, root } = mount(store, "one twofold");
    for (const label of ["B", "A"]) {
      store.arm("l", [label]);
      selectText(host, "wofo");
      root().dispatchEvent(new MouseEvent("mouseup", { bubbles: true, button: 0 }));
    }
    expect(store.serialize().map((entry) => entry.value?.text)).toEqual(["twofold", "wofo"]);
  });

  it("draws every span in one colour when the tag names one, captions in those of their labels", () => {
    const xml = XML('highlightColor="#ff0000"').replace('value="A"', 'value="A" background="#00ff00"');
    const { host } = mount(storeFor(xml, [item("1", 0, 3)]), "one two");
    const mark = host.querySelector<HTMLElement>(".ed-mark");
    expect(mark?.style.boxShadow).toMatch(/rgb\(255,? 0,? 0\)/);
    expect(host.querySelector<HTMLElement>(".ed-caption")?.style.backgroundColor).toBe("rgb(0, 255, 0)");
  });

  it("waits for a label key otherwise", () => {
    const store = storeFor(XML());
    const { host, view, root, said } = mount(store, "one two");
    selectText(host, "two");
    root().dispatchEvent(new MouseEvent("mouseup", { bubbles: true, button: 0 }));
    expect([store.order.length, said]).toEqual([0, ["Press a label key to mark the selection."]]);
    store.arm("l", ["A"]);
    expect(view.command?.("commit-pending")).toBe(true);
    expect(store.serialize()[0]?.value).toMatchObject({ start: 4, end: 7, text: "two" });
    expect(view.command?.("commit-pending")).toBe(false);
  });

  it("marks by keyboard alone: words, Shift extends and shrinks, Alt trims, Enter marks", () => {
    const store = storeFor(XML());
    const { root } = mount(store, "one two three\nfour five");
    store.arm("l", ["A"]);
    const selected = () => document.getSelection()?.toString();
    press(root(), "ArrowRight");
    press(root(), "ArrowRight");
    expect(selected()).toBe("two");
    press(root(), "ArrowRight", { shiftKey: true });
    expect(selected()).toBe("two three");
    press(root(), "ArrowLeft", { shiftKey: true });
    expect(selected()).toBe("two");
    press(root(), "ArrowLeft", { shiftKey: true });
    expect(selected()).toBe("one two");
    press(root(), "ArrowRight", { shiftKey: true });
    press(root(), "ArrowLeft", { altKey: true });
    expect(selected()).toBe("tw");
    press(root(), "Enter");
    expect(store.serialize().map((entry) => entry.value)).toEqual([
      { start: 4, end: 6, text: "tw", labels: ["A"] },
    ]);
    press(root(), "ArrowRight");
    expect(selected()).toBe("three");
    press(root(), "ArrowDown");
    expect(selected()).toBe("four");
  });

  it("moves the ends of the selected span by one character as undoable steps", () => {
    const store = storeFor(XML(), [item("1", 4, 7)]);
    const { root } = mount(store, "one two three");
    store.select(["1"]);
    press(root(), "ArrowRight", { altKey: true });
    press(root(), "ArrowLeft", { altKey: true, shiftKey: true });
    expect(store.serialize()[0]?.value).toEqual({ start: 3, end: 8, text: " two ", labels: ["A"] });
    store.undo();
    store.undo();
    expect(store.serialize()[0]?.value).toEqual({ start: 4, end: 7, labels: ["A"] });
  });

  it("selects the shortest span under the pointer first, then the longer ones", () => {
    const store = storeFor(XML(), [item("long", 0, 13), item("short", 4, 7)]);
    const { host } = mount(store, "one two three");
    const click = (extra: MouseEventInit = {}) =>
      [...host.querySelectorAll(".ed-mark")][1]?.dispatchEvent(
        new MouseEvent("mouseup", { bubbles: true, button: 0, ...extra }),
      );
    click();
    expect([...store.selection]).toEqual(["short"]);
    click();
    expect([...store.selection]).toEqual(["long"]);
    click({ ctrlKey: true });
    expect([...store.selection]).toEqual(["long", "short"]);
    expect(host.querySelectorAll(".ed-mark.is-selected")).toHaveLength(3);
  });

  it("redraws only the lines that a change touches", () => {
    const store = storeFor(XML(), [item("1", 0, 3), item("2", 8, 11)]);
    const { host } = mount(store, "one two\nthree four");
    const [first, second] = [...host.querySelectorAll(".ed-mark")];
    store.select(["2"]);
    expect(host.contains(first as Node)).toBe(true);
    expect(host.contains(second as Node)).toBe(false);
    store.setFlags(["1"], { hidden: true });
    expect(host.querySelectorAll(".ed-mark")).toHaveLength(1);
  });

  it("keeps out of the way when read-only or when selecting is off", () => {
    for (const [xml, readOnly] of [
      [XML(), true],
      [XML('selectionEnabled="false"'), false],
    ] as const) {
      const store = storeFor(xml);
      const { host, root } = mount(store, "one two", { readOnly });
      store.arm("l", ["A"]);
      selectText(host, "two");
      root().dispatchEvent(new MouseEvent("mouseup", { bubbles: true, button: 0 }));
      expect(store.order).toEqual([]);
    }
  });

  it("stores no text when told so, decodes base64, and says when a field is missing", () => {
    const store = storeFor(XML('saveTextResult="no" encoding="base64unicode"'));
    const { host, root } = mount(store, btoa(String.fromCharCode(...new TextEncoder().encode("één twee"))));
    expect(root().textContent).toBe("één twee");
    store.arm("l", ["A"]);
    selectText(host, "twee");
    root().dispatchEvent(new MouseEvent("mouseup", { bubbles: true, button: 0 }));
    expect(store.serialize()[0]?.value).toEqual({ start: 4, end: 8, labels: ["A"] });
    expect(mount(storeFor(XML()), undefined).host.textContent).toContain("nothing at $t");
  });

  it("loads valueType=url and offers another try when that fails", async () => {
    const answers = [new Response("no", { status: 403 }), new Response("from afar")];
    vi.stubGlobal("fetch", () => Promise.resolve(answers.shift()));
    const { host } = mount(storeFor(XML('valueType="url"')), "/data/x.txt");
    await vi.waitFor(() => expect(host.textContent).toContain("403"));
    host.querySelector("button")?.click();
    await vi.waitFor(() => expect(host.querySelector(".ed-text")?.textContent).toBe("from afar"));
    vi.unstubAllGlobals();
  });
});
