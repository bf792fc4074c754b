import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { createRef } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ResultItem } from "./core/types";
import { Editor, type EditorHandle, type EditorProps } from "./Editor";

const CONFIG = `<View>
  <Header value="About $title"/>
  <Text name="t" value="$text"/>
  <Labels name="l" toName="t"><Label value="Person" alias="PER"/><Label value="Place"/></Labels>
  <Choices name="c" toName="t" required="true" requiredMessage="Say which"><Choice value="x" alias="X1"/><Choice value="y"/></Choices>
  <Choices name="m" toName="t" choice="multiple" layout="inline"><Choice value="p"/><Choice value="q"/></Choices>
  <Choices name="s" toName="t" layout="select"><Choice value="s1"/><Choice value="s2"/></Choices>
  <TextArea name="sum" toName="t" maxSubmissions="2" skipDuplicates="true"/>
  <Rating name="r" toName="t" maxRating="3" hotkey="ctrl+r"/>
  <Header value="Which kind?"/>
  <Choices name="k" toName="t" perRegion="true" required="true" visibleWhen="region-selected" whenLabelValue="Person"><Choice value="k1"/></Choices>
  <Hologram name="h" toName="t"/>
</View>`;
const TASK = { id: 1, data: { text: "Ada met Bob", title: "them" } };
const SPAN: ResultItem = {
  id: "a1",
  from_name: "l",
  to_name: "t",
  type: "labels",
  value: { start: 0, end: 3, text: "Ada", labels: ["PER"] },
};

function open(props: Partial<EditorProps> = {}) {
  const ref = createRef<EditorHandle>();
  const view = render(<Editor config={CONFIG} task={TASK} ref={ref} {...props} />);
  return { ...view, result: () => read(ref.current), handle: () => ref.current as EditorHandle };
}

function read(handle: EditorHandle | null): ResultItem[] {
  let items: ResultItem[] = [];
  act(() => {
    items = handle?.serialize() ?? [];
  });
  return items;
}

/** Rows of the regions list. */
function rows(): HTMLElement[] {
  return within(screen.getByRole("listbox", { name: "Regions" })).getAllByRole("option");
}

function key(name: string, modifiers: KeyboardEventInit = {}, target: Element | Window = window) {
  act(() => void fireEvent.keyDown(target, { key: name, ...modifiers }));
}

beforeEach(() => localStorage.clear());
afterEach(cleanup);

describe("answers", () => {
  it("are given with mouse and keyboard and end up in the result", () => {
    const { result } = open();
    fireEvent.click(screen.getByRole("radio", { name: /^x/ }));
    key("5");
    key("6");
    fireEvent.change(screen.getByRole("combobox", { name: "s" }), { target: { value: "1" } });
    fireEvent.click(screen.getByRole("button", { name: "2 of 3" }));
    expect(result().map((item) => [item.from_name, item.type, item.value])).toEqual([
      ["c", "choices", { choices: ["X1"] }],
      ["m", "choices", { choices: ["p", "q"] }],
      ["s", "choices", { choices: ["s2"] }],
      ["r", "rating", { rating: 2 }],
    ]);
  });

  it("are taken back by a second click, except where the config forbids it", () => {
    const { result } = open();
    fireEvent.click(screen.getByRole("radio", { name: /^x/ }));
    fireEvent.click(screen.getByRole("radio", { name: /^x/ }));
    expect(result()).toEqual([]);
    cleanup();
    const fixed = open({ config: CONFIG.replace('name="c"', 'name="c" choice="single-radio"') });
    fireEvent.click(screen.getByRole("radio", { name: /^x/ }));
    fireEvent.click(screen.getByRole("radio", { name: /^x/ }));
    expect(fixed.result()).toHaveLength(1);
  });

  it("climb with the key of a rating and start over after the top", () => {
    const { result } = open();
    const ratings = Array.from({ length: 4 }, () => {
      key("r", { ctrlKey: true });
      return result()[0]?.value?.rating;
    });
    expect(ratings).toEqual([1, 2, 3, undefined]);
  });

  it("collect lines of text, without doubles, up to the limit", () => {
    const { result } = open();
    const enter = (text: string) => {
      const field = screen.getByRole("textbox", { name: "sum" });
      fireEvent.change(field, { target: { value: text } });
      fireEvent.keyDown(field, { key: "Enter" });
    };
    enter("one");
    enter("one");
    enter("two");
    expect(result()[0]?.value).toEqual({ text: ["one", "two"] });
    expect(screen.queryByRole("textbox", { name: "sum" })).toBeNull();
    fireEvent.click(screen.getByRole("button", { name: "Remove entry 1" }));
    expect(result()[0]?.value).toEqual({ text: ["two"] });
  });

  it("include text that is still being typed when the result is read", () => {
    const { result } = open();
    fireEvent.change(screen.getByRole("textbox", { name: "sum" }), { target: { value: "unfinished" } });
    expect(result()[0]?.value).toEqual({ text: ["unfinished"] });
  });
});

describe("keys", () => {
  it("do nothing while a text field has the focus", () => {
    const { result } = open();
    const field = screen.getByRole("textbox", { name: "sum" });
    key("3", {}, field);
    key("Backspace", {}, field);
    expect(result()).toEqual([]);
  });

  it("Escape leads out of a text field, Enter in the list to the region's questions", () => {
    open({ initialResult: [SPAN] });
    const field = screen.getByRole("textbox", { name: "sum" });
    field.focus();
    key("Escape", {}, field);
    expect(document.activeElement).toBe(document.body);
    const list = screen.getByRole("listbox", { name: "Regions" });
    key("ArrowDown", {}, list);
    key("Enter", {}, list);
    expect(document.activeElement).toBe(screen.getByRole("radio", { name: /k1/ }));
  });

  it("count by place too, once, where the layout has other signs on the digits", () => {
    const { result } = open();
    key("é", { code: "Digit3" });
    expect(result()[0]?.value).toEqual({ choices: ["X1"] });
    key("4", { code: "Digit4" });
    expect(result()[0]?.value).toEqual({ choices: ["y"] });
  });

  it("relabel, delete, undo and redo", () => {
    const { result } = open({ initialResult: [SPAN] });
    key(".", { altKey: true, code: "Period" });
    key("2");
    expect(result()[0]?.value?.labels).toEqual(["Place"]);
    key("Delete");
    expect(result()).toEqual([]);
    key("z", { ctrlKey: true });
    key("z", { ctrlKey: true });
    expect(result()).toEqual([SPAN]);
    key("z", { ctrlKey: true, shiftKey: true });
    expect(result()[0]?.value?.labels).toEqual(["Place"]);
  });

  it("leave everything to the page when switched off, and change nothing when read-only", () => {
    const off = open({ hotkeys: false, initialResult: [SPAN] });
    key("3");
    expect(off.result()).toEqual([SPAN]);
    cleanup();
    const fixed = open({ readOnly: true, initialResult: [SPAN] });
    key(".", { altKey: true, code: "Period" });
    key("2");
    key("Delete");
    key("3");
    expect(fixed.result()).toEqual([SPAN]);
  });

  it("Escape puts labels away first, then the selection", () => {
    open({ initialResult: [SPAN] });
    key("1");
    key(".", { altKey: true, code: "Period" });
    const chip = screen.getByRole("button", { name: /Person/ });
    expect((rows()[0] as Element).getAttribute("aria-selected")).toBe("true");
    expect(chip.className).toContain("is-ready");
    key("Escape");
    expect(chip.className).not.toContain("is-ready");
    expect((rows()[0] as Element).getAttribute("aria-selected")).toBe("true");
    key("Escape");
    expect((rows()[0] as Element).getAttribute("aria-selected")).toBe("false");
  });
});

describe("panels", () => {
  it("list regions for the keyboard and say what each is", () => {
    const second = { ...SPAN, id: "a2", value: { start: 8, end: 11, text: "Bob", labels: ["Unknown"] } };
    open({ initialResult: [SPAN, second] });
    const list = screen.getByRole("listbox", { name: "Regions" });
    expect(rows().map((row) => row.textContent)).toEqual(["Person, span, Ada", "Unknown, span, Bob"]);
    key("ArrowDown", {}, list);
    key("ArrowDown", {}, list);
    expect(rows().map((row) => row.getAttribute("aria-selected"))).toEqual(["false", "true"]);
    expect(list.getAttribute("aria-activedescendant")).toBe(rows()[1]?.id);
    key("ArrowUp", { shiftKey: true }, list);
    expect(screen.getByText("2 regions")).toBeTruthy();
  });

  it("ask per-region questions under their own header, only for regions that they are about", () => {
    const place = { ...SPAN, id: "a2", value: { start: 8, end: 11, text: "Bob", labels: ["Place"] } };
    const { result } = open({ initialResult: [SPAN, place] });
    expect(screen.queryByText("Which kind?")).toBeNull();
    fireEvent.click(rows()[1] as Element);
    expect(screen.queryByText("Which kind?")).toBeNull();
    fireEvent.click(rows()[0] as Element);
    expect(screen.getByText("Which kind?")).toBeTruthy();
    fireEvent.click(screen.getByRole("radio", { name: /k1/ }));
    expect(result().find((item) => item.from_name === "k")).toMatchObject({
      id: "a1",
      value: { start: 0, end: 3, text: "Ada", choices: ["k1"] },
    });
  });

  it("keep a note with its region", () => {
    const { result } = open({ initialResult: [SPAN] });
    fireEvent.click(rows()[0] as Element);
    const note = screen.getByRole("textbox", { name: /Note/ });
    fireEvent.change(note, { target: { value: "sure?" } });
    fireEvent.blur(note);
    expect(result()[0]).toEqual({ ...SPAN, meta: { text: ["sure?"] } });
  });

  it("draw only the rows in view of a long list", () => {
    const many = Array.from({ length: 1000 }, (_, index) => ({ ...SPAN, id: `s${index}` }));
    open({ initialResult: many });
    expect(rows().length).toBeLessThan(60);
    expect(rows()[0]?.getAttribute("aria-setsize")).toBe("1000");
  });

  it("are closed at first beside a picture, where questions about a region then come over it", () => {
    const config = `<View><RectangleLabels name="l" toName="i"><Label value="Car"/></RectangleLabels>
      <Image name="i" value="$url"/><TextArea name="note" toName="i" perRegion="true"/></View>`;
    const box: ResultItem = {
      id: "b",
      from_name: "l",
      to_name: "i",
      type: "rectanglelabels",
      value: { x: 1, y: 1, width: 5, height: 5, rotation: 0, rectanglelabels: ["Car"] },
    };
    open({ config, task: { id: 1, data: { url: "x.png" } }, initialResult: [box] });
    expect(screen.getByRole("button", { name: "Open the panel" })).toBeTruthy();
    expect(screen.queryByRole("listbox", { name: "Regions" })).toBeNull();
    key(".", { altKey: true, code: "Period" });
    expect(screen.getByRole("textbox", { name: "note" })).toBeTruthy();
    key("Escape");
    expect(screen.queryByRole("textbox", { name: "note" })).toBeNull();
  });

  it("remember that the side panel was closed", () => {
    open();
    fireEvent.click(screen.getByRole("button", { name: "Close the panel" }));
    cleanup();
    open();
    expect(screen.getByRole("button", { name: "Open the panel" })).toBeTruthy();
  });
});

describe("the editor as a whole", () => {
  it("shows options as their html, cleaned, and still calls them by their names", () => {
    const html = "&lt;b&gt;Big&lt;/b&gt; &lt;img src='x' onerror='alert(1)'/&gt;";
    const config = `<View><Text name="t" value="$text"/>
      <Labels name="l" toName="t"><Label value="Dog" html="${html}"/></Labels>
      <Choices name="c" toName="t"><Choice value="Yes" html="${html}"/></Choices></View>`;
    const { container } = open({ config });
    expect([...container.querySelectorAll("b")].map((b) => b.textContent)).toEqual(["Big", "Big"]);
    expect(container.querySelector("[onerror]")).toBeNull();
    expect(screen.getByRole("button", { name: /^Dog/ })).toBeTruthy();
    expect(screen.getByRole("radio", { name: /^Yes/ })).toBeTruthy();
  });

  it("fills task data in and shows a quiet notice for tags that it does not know", () => {
    open();
    expect(screen.getByRole("heading", { name: "About them" })).toBeTruthy();
    expect(screen.getByText(/<Hologram> is not supported/)).toBeTruthy();
  });

  it("never reads task data as markup", () => {
    const evil = "<img src=x onerror=alert(1)>";
    const { container } = open({ task: { id: 2, data: { text: evil, title: evil } } });
    expect(container.querySelector("img")).toBeNull();
    expect(container.querySelector(".ed-text")?.textContent).toBe(evil);
  });

  it("shows problems once a submit was tried, and they go when solved", () => {
    const { handle } = open();
    expect(screen.queryByText("Say which")).toBeNull();
    act(() => void handle().problems());
    expect(screen.getAllByText("Say which").length).toBeGreaterThan(0);
    key("3");
    expect(screen.queryByText("Say which")).toBeNull();
  });

  it("reports changes together and keeps edits when the page renders again", async () => {
    const onChange = vi.fn();
    const { rerender, handle } = open({ onChange });
    key("3");
    key("5");
    await vi.waitFor(() => expect(onChange).toHaveBeenCalledTimes(1));
    expect(onChange.mock.calls[0]?.[0]).toHaveLength(2);
    expect(onChange.mock.calls[0]?.[1]).toBe(true);
    const ref = { current: null as EditorHandle | null };
    rerender(
      <Editor config={CONFIG} task={{ id: 1, data: { ...TASK.data } }} initialResult={[]} ref={ref} />,
    );
    expect((ref.current ?? handle()).serialize()).toHaveLength(2);
  });

  it("starts over with another task", () => {
    const { rerender } = open();
    key("3");
    const ref = createRef<EditorHandle>();
    rerender(<Editor config={CONFIG} task={{ id: 2, data: { text: "new", title: "n" } }} ref={ref} />);
    expect(ref.current?.serialize()).toEqual([]);
  });

  it("tells the one who listened to the old task about an edit made right before it was left", () => {
    const old = vi.fn();
    const next = vi.fn();
    const { rerender } = open({ onChange: old });
    key("3");
    rerender(<Editor config={CONFIG} task={{ id: 2, data: TASK.data }} onChange={next} />);
    expect(old.mock.calls.map(([items]) => items.length)).toEqual([1]);
    expect(next).not.toHaveBeenCalled();
  });

  it("says what is wrong with a config that is no XML instead of failing", () => {
    open({ config: "<View><Text" });
    expect(screen.getByText(/well-formed/)).toBeTruthy();
  });
});
