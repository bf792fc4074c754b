import { describe, expect, it } from "vitest";
import { ROWS, storeFor } from "../testing/fixtures";
import { flatOptions, optionsOf } from "./options";
import { parseConfig } from "./parse";
import { lookUp, resolveConfig, resolveText, resolveValue } from "./resolve";
import type { ConfigNode } from "./types";
import { isVisible } from "./visibility";

describe("parsing", () => {
  it("reads tags and attributes in any case", () => {
    const config = parseConfig(
      `<View><text NAME="t" Value="$t"/><labels name="l" toname="t"><label value="A"/></labels></View>`,
    );
    expect(config.objects.get("t")?.tag).toBe("Text");
    expect(config.controls.get("l")?.toName).toEqual(["t"]);
  });

  it("reports broken XML with its line and still gives a tree", () => {
    const config = parseConfig("<View>\n<Text name='t'\n</View>");
    expect(config.problems[0]?.message).toContain("well-formed");
    expect(config.root.children).toEqual([]);
  });

  it("keeps unknown tags as controls or objects by their attributes and points out wrong targets", () => {
    const config = parseConfig(
      `<View><Hologram name="h" value="$h"/><Wave name="w" toName="nowhere"/></View>`,
    );
    expect([config.objects.has("h"), config.controls.has("w")]).toEqual([true, true]);
    expect(config.problems.map((problem) => problem.message)).toEqual([
      'Wave "w" points to "nowhere", which does not exist.',
    ]);
  });
});

describe("task data", () => {
  const data = { a: { b: ["x", { c: 3 }] }, "d.e": "dotted", n: 0, none: null };

  it("is found by path", () => {
    expect([
      lookUp(data, "a.b.0"),
      lookUp(data, "a.b[1].c"),
      lookUp(data, "d.e"),
      lookUp(data, "a.zz.q"),
    ]).toEqual(["x", 3, "dotted", undefined]);
    expect(lookUp(data, "constructor")).toBeUndefined();
  });

  it("fills whole values as they are and text in place", () => {
    expect(resolveValue("$a.b", data)).toBe(data.a.b);
    expect(resolveValue("$n", data)).toBe(0);
    expect(resolveValue("plain", data)).toBe("plain");
    expect(resolveText("Is $a.b.0 right? $none. End", data)).toBe("Is x right? . End");
    expect(resolveText("See $d.e.", data)).toBe("See dotted.");
  });

  it("makes labels and nested choices", () => {
    const xml = `<View><Text name="t" value="$t"/><Labels name="l" toName="t" value="$opts"><Label value="Fixed"/></Labels>
      <Choices name="c" toName="t" value="$tree" allowNested="true"/></View>`;
    const config = resolveConfig(parseConfig(xml), {
      opts: [{ value: "Dog", alias: "D", background: "red" }, "Cat", { nonsense: 1 }, null],
      tree: [{ value: "P", children: [{ value: "Q" }] }],
    });
    const labels = optionsOf(config.controls.get("l") as ConfigNode);
    expect(labels.map((option) => [option.title, option.stored])).toEqual([
      ["Fixed", "Fixed"],
      ["Dog", "D"],
      ["Cat", "Cat"],
    ]);
    const choices = [...flatOptions(optionsOf(config.controls.get("c") as ConfigNode))];
    expect(choices.map((option) => option.path)).toEqual([["P"], ["P", "Q"]]);
  });
});

describe("visibleWhen", () => {
  const rule = (attributes: string) => `<View><Text name="text" value="$t"/>
    <Labels name="ner" toName="text"><Label value="Person" alias="PER"/><Label value="Place"/></Labels>
    <Choices name="c" toName="text"><Choice value="Yes" alias="y"/><Choice value="No"/></Choices>
    <View ${attributes}><Header value="x"/></View></View>`;
  const shown = (attributes: string, act: (store: ReturnType<typeof storeFor>) => void) => {
    const store = storeFor(rule(attributes), ROWS["labels on text"]);
    act(store);
    return isVisible(store.config.root.children[3]?.children[0] as ConfigNode, store);
  };
  const select = (store: ReturnType<typeof storeFor>) => store.select(["a1"]);
  const nothing = () => undefined;
  const yes = (store: ReturnType<typeof storeFor>) => store.setTaskAnswer("c", { choices: ["y"] });

  it.each([
    [`visibleWhen="region-selected"`, nothing, false],
    [`visibleWhen="region-selected"`, select, true],
    [`visibleWhen="region-selected" whenLabelValue="Person"`, select, true],
    [`visibleWhen="region-selected" whenLabelValue="Place, Other"`, select, false],
    [`visibleWhen="region-selected" whenTagName="img"`, select, false],
    [`visibleWhen="region-selected" whenTagName="ner"`, select, true],
    [`visibleWhen="no-region-selected"`, nothing, true],
    [`visibleWhen="no-region-selected"`, select, false],
    [`visibleWhen="choice-selected" whenTagName="c"`, nothing, false],
    [`visibleWhen="choice-selected" whenTagName="c"`, yes, true],
    [`visibleWhen="choice-selected" whenTagName="c" whenChoiceValue="No"`, yes, false],
    [`visibleWhen="choice-selected" whenTagName="c" whenChoiceValue="No,Yes"`, yes, true],
    [`visibleWhen="choice-unselected" whenTagName="c" whenChoiceValue="Yes"`, yes, false],
    [`visibleWhen="choice-unselected" whenTagName="c" whenChoiceValue="Yes"`, nothing, true],
    [`visiblewhen="unheard-of"`, nothing, true],
  ])("%s", (attributes, act, expected) => {
    expect(shown(attributes, act)).toBe(expected);
  });
});
