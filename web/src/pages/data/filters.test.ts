import { describe, expect, it } from "vitest";
import type { FilterItem } from "@/api/views";
import { filterFields, tableFields } from "./fields";
import {
  agoParts,
  agoValue,
  chainOf,
  choiceOf,
  choicesOf,
  conditionOn,
  countConditions,
  effective,
  hasEffect,
  kindOf,
  link,
  listValue,
  localTime,
  utcTime,
  withChoice,
  withType,
} from "./filters";

const fields = filterFields(
  tableFields([
    { id: "text", title: "text", type: "String", parent: "data" },
    { id: "total_annotations", title: "Annotations", type: "Number" },
    { id: "updated_at", title: "Updated", type: "Datetime" },
    { id: "annotators", title: "Annotators", type: "List" },
  ]),
);
const field = (id: string) => fields.find((each) => each.id === id)!;
const item = (value: unknown): FilterItem => ({
  filter: "filter:tasks:x",
  type: "String",
  operator: "equal",
  value,
});

describe("conditions", () => {
  it("start with the operator that most want, in the words of the API", () => {
    expect(conditionOn(field("data.text"))).toMatchObject({
      filter: "filter:tasks:data.text",
      type: "String",
      operator: "contains",
    });
    expect(conditionOn(field("data.text"), "Number").type).toBe("Number");
    expect(conditionOn(field("updated_at"))).toMatchObject({ operator: "greater_or_equal", value: "now-7d" });
    expect(conditionOn(field("is_labeled"))).toMatchObject({ operator: "equal", value: true });
    expect(conditionOn(field("annotators"))).toMatchObject({ operator: "contains", type: "List" });
  });

  it("every choice of every kind survives the way to the server and back", () => {
    for (const kind of [
      "text",
      "number",
      "moment",
      "boolean",
      "users",
      "ids",
      "versions",
      "results",
      "everything",
    ] as const)
      for (const choice of choicesOf(kind)) {
        const sent = withChoice({ filter: "filter:tasks:x", type: "String", operator: "" }, kind, choice);
        expect(choiceOf(sent, kind).id, `${kind} ${choice.id}`).toBe(choice.id);
      }
  });

  it("keep the value where it means the same", () => {
    const text = { ...conditionOn(field("data.text")), value: "ferry" };
    const choices = choicesOf("text");
    const to = (id: string) => withChoice(text, "text", choices.find((choice) => choice.id === id)!);
    expect(to("starts_with").value).toBe("ferry");
    expect(to("in_list").value).toEqual(["ferry"]);
    expect(to("empty")).toMatchObject({ operator: "empty", value: true });
    expect(withType(text, "Number")).toMatchObject({ type: "Number", operator: "equal" });
    expect(kindOf(withType(text, "Boolean"), field("data.text"))).toBe("boolean");
  });

  it("that are not finished do not count", () => {
    for (const value of [undefined, null, "", [], { min: null, max: "" }])
      expect(hasEffect(item(value))).toBe(false);
    for (const value of [0, false, "x", ["a"], { min: 1, max: null }])
      expect(hasEffect(item(value))).toBe(true);
    const filters = { conjunction: "or" as const, items: [item("a"), item("")] };
    expect(countConditions(filters)).toBe(1);
    expect(effective(filters)).toEqual({ conjunction: "and", items: [item("a")] });
    expect(effective(undefined)).toEqual({ conjunction: "and", items: [] });
  });

  it("that have to hold together are a chain", () => {
    const chain = [item("a"), item("b"), item("c")];
    const linked = link(chain);
    expect(linked?.child_filter?.child_filter?.value).toBe("c");
    expect(linked && chainOf(linked)).toEqual(chain);
    expect(link([])).toBeNull();
  });
});

describe("values", () => {
  it("times ago", () => {
    expect(agoParts("now-12h")).toEqual({ number: "12", unit: "h" });
    expect(agoValue("3", "w")).toBe("now-3w");
    expect(agoValue("", "w")).toBe("");
  });
  it("times are on the clock of the person and go out as UTC", () => {
    expect(utcTime(localTime("2026-05-02T12:30:00Z"))).toBe("2026-05-02T12:30:00.000Z");
    expect(localTime("junk")).toBe("");
  });
  it("lists have commas", () => {
    expect(listValue("a, b,,c ")).toEqual(["a", "b", "c"]);
  });
});
