import { describe, expect, it } from "vitest";
import {
  becomes,
  conditionOf,
  conditionsFor,
  controlsOf,
  DROP,
  EMPTY_CASE,
  KEEP,
  keyOf,
  type LostLabel,
  lostControls,
  lostLabels,
  rulesOf,
} from "./losses";

const set = (inner: string) => `<View><Text name="t" value="$t"/>${inner}</View>`;
const OLD = set(
  '<Choices name="mood" toName="t"><Choice value="Good"/><Choice value="Bad"/><Choice value="Odd"/></Choices>' +
    '<Rating name="stars" toName="t"/>',
);
const USAGE = {
  created_annotations: { "mood|t|choices": 7, "stars|t|rating": 2 },
  created_labels: { mood: { Good: 4, Bad: 3 } },
  created_labels_drafts: { mood: { Bad: 1 } },
};

describe("what a change of the set-up takes away", () => {
  it("reads controls with their labels, aliases and paths", () => {
    const found = controlsOf(
      set(
        '<Choices name="c" toName="t"><Choice value="Animal"><Choice value="Cat" alias="cat"/></Choice></Choices>' +
          '<Labels name="l" toName="t"><Label value="A"/></Labels>',
      ),
    );
    expect([...found.keys()]).toEqual(["c", "l"]);
    expect(found.get("c")?.labels).toEqual(["cat", "Animal / cat"]);
    expect(found.get("l")).toEqual({ tag: "Labels", labels: ["A"] });
    expect(controlsOf("<View").size).toBe(0);
  });

  it("is nothing where nothing is used", () => {
    const without = set(
      '<Choices name="mood" toName="t"><Choice value="Good"/><Choice value="Bad"/></Choices>',
    );
    const none = { created_annotations: {}, created_labels: {}, created_labels_drafts: {} };
    expect(lostControls(OLD, without, none)).toEqual([]);
    expect(lostLabels(OLD, without, USAGE, {})).toEqual([]);
    expect(lostControls(OLD, OLD, USAGE)).toEqual([]);
  });

  it("is controls and labels in use, with what can take their place", () => {
    const now = set(
      '<Choices name="feeling" toName="t"><Choice value="Good"/><Choice value="Poor"/></Choices>',
    );
    const controls = lostControls(OLD, now, USAGE);
    expect(controls).toEqual([
      { name: "mood", uses: 7, targets: ["feeling"] },
      { name: "stars", uses: 2, targets: [] },
    ]);
    // Which labels are lost depends on where the control goes.
    expect(lostLabels(OLD, now, USAGE, { mood: DROP, stars: DROP })).toEqual([]);
    const fates = { mood: becomes("feeling"), stars: DROP } as const;
    const labels = lostLabels(OLD, now, USAGE, fates);
    expect(labels).toEqual([
      { control: "mood", label: "Bad", annotations: 3, drafts: 1, targets: ["Good", "Poor"] },
    ]);
    const key = keyOf(labels[0] as (typeof labels)[0]);
    const lost = { controls, labels };
    expect(rulesOf(now, lost, { controls: fates, labels: {} })).toBeNull();
    expect(rulesOf(now, lost, { controls: { mood: DROP }, labels: { [key]: KEEP } })).toBeNull();
    expect(rulesOf(now, lost, { controls: fates, labels: { [key]: becomes("Poor") } })).toEqual({
      label_config: now,
      controls: { mood: "feeling", stars: null },
      labels: { mood: { Bad: "Poor" } },
    });
    expect(rulesOf(now, lost, { controls: fates, labels: { [key]: KEEP } })?.labels).toEqual({});
  });

  it("splits a label by what else was said", () => {
    const bad: LostLabel = {
      control: "mood",
      label: "Bad",
      annotations: 3,
      drafts: 0,
      targets: ["Poor", "Sad"],
    };
    const lost = { controls: [], labels: [bad] };
    const rules = (fate: Parameters<typeof rulesOf>[2]["labels"][string]) =>
      rulesOf(OLD, lost, { controls: {}, labels: { [keyOf(bad)]: fate } })?.labels;
    const odd = { where: conditionOf("mood", "Odd"), fate: becomes("Sad") };
    expect(conditionsFor(OLD, bad)).toEqual([["mood", ["Good", "Odd"]]]);
    expect(rules({ cases: [odd], otherwise: becomes("Poor") })).toEqual({
      mood: { Bad: [{ label: "Sad", where: { control: "mood", label: "Odd" } }, { label: "Poor" }] },
    });
    expect(rules({ cases: [{ ...odd, fate: DROP }], otherwise: KEEP })).toEqual({
      mood: { Bad: [{ label: null, where: { control: "mood", label: "Odd" } }] },
    });
    // While something of it is open there are no rules.
    expect(rules({ cases: [odd, EMPTY_CASE], otherwise: DROP })).toBeUndefined();
    expect(rules({ cases: [{ ...odd, fate: "" }], otherwise: DROP })).toBeUndefined();
    expect(rules({ cases: [odd], otherwise: "" })).toBeUndefined();
  });
});
