import { describe, expect, it } from "vitest";
import type { Template } from "@/api/contract";
import { BLANK, byGroup, START, titleProblem, type WizardAction, type WizardState, wizard } from "./wizard";

const template: Template = { title: "Sentiment", group: "Text", config: "<View/>" };
const play = (...actions: WizardAction[]): WizardState => actions.reduce(wizard, START);

describe("wizard", () => {
  it("goes on only with a name", () => {
    expect(play({ do: "next" }).step).toBe("name");
    expect(play({ do: "title", title: "  a " }, { do: "next" }).step).toBe("name");
    expect(play({ do: "title", title: "Mails" }, { do: "next" }).step).toBe("config");
  });

  it("a chosen template opens in the editor and can be changed", () => {
    const state = play({ do: "template", template }, { do: "config", config: "<View>x</View>" });
    expect(state).toMatchObject({ choosing: false, config: "<View>x</View>", template: "Sentiment" });
  });

  it("back goes editor, gallery, name, and keeps what was typed", () => {
    const name = [{ do: "title", title: "Mails" }, { do: "next" }] as const;
    const editor = play(...name, { do: "template", template });
    const gallery = wizard(editor, { do: "back" });
    expect(gallery).toMatchObject({ step: "config", choosing: true, config: "<View/>" });
    expect(wizard(gallery, { do: "back" })).toMatchObject({
      step: "name",
      title: "Mails",
      config: "<View/>",
    });
  });

  it("writing one's own starts with something valid and never throws work away", () => {
    expect(play({ do: "blank" }).config).toBe(BLANK);
    expect(play({ do: "template", template }, { do: "gallery" }, { do: "blank" }).config).toBe("<View/>");
  });
});

describe("titleProblem", () => {
  it.each([
    ["", /Give/],
    ["ab", /at least 3/],
    ["x".repeat(51), /51/],
  ])("refuses %j", (title, reason) => expect(titleProblem(title)).toMatch(reason));
  it("counts characters as people do", () => {
    expect(titleProblem("🙂🙂🙂")).toBeNull();
    expect(titleProblem("🙂".repeat(50))).toBeNull();
    expect(titleProblem("🙂")).toMatch(/at least/);
  });
});

it("groups keep the given order, unknown ones come last, empty ones vanish", () => {
  const list = [
    template,
    { ...template, title: "Boxes", group: "Images" },
    { ...template, title: "Odd", group: "" },
  ];
  expect(byGroup(list, ["Images", "Audio", "Text"]).map(([group, items]) => [group, items.length])).toEqual([
    ["Images", 1],
    ["Text", 1],
    ["Other", 1],
  ]);
});
