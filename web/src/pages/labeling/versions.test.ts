import { describe, expect, it } from "vitest";
import type { HistoryEvent } from "@/api/history";
import { detailsOf, kindOf, versionsOf } from "./versions";

const event = (id: number, patch: Partial<HistoryEvent> = {}): HistoryEvent => ({
  id,
  annotation: 1,
  task: 1,
  project: 1,
  kind: "updated",
  created_at: "2026-11-22T04:10:02Z",
  created_by: null,
  fields: {},
  result: null,
  ...patch,
});
const item = (id: string) => ({ id });

describe("versions", () => {
  it("take the result of the next older event that has one", () => {
    const events = [event(4), event(3, { result: [item("b")] }), event(2), event(1, { result: [item("a")] })];
    expect(versionsOf(events, true).map(({ result }) => result)).toEqual([
      [item("b")],
      [item("b")],
      [item("a")],
      [item("a")],
    ]);
  });

  it("do not know results that older events hold", () => {
    const events = [event(4, { result: [item("b")] }), event(3)];
    expect(versionsOf(events, false).map(({ result }) => result)).toEqual([[item("b")], null]);
    expect(versionsOf([event(3)], true)[0]?.result).toEqual([]);
  });

  it("are named", () => {
    expect(kindOf(event(1, { kind: "created", fields: { was_cancelled: true } }))).toBe("Skipped");
    expect(kindOf(event(1, { kind: "created", fields: { was_cancelled: false } }))).toBe("Created");
    expect(kindOf(event(1, { kind: "migrated", fields: { migration: 3, undone: true } }))).toBe(
      "Set back to the set-up before",
    );
    expect(kindOf(event(1, { kind: "later" }))).toBe("later");
  });

  it("say what changed", () => {
    const items = { added: 2, changed: 0, removed: 1 };
    expect(detailsOf(event(1, { items }))).toBe("2 items added, 1 item removed");
    expect(detailsOf(event(1, { items: { added: 0, changed: 0, removed: 0 } }))).toBe("same answer");
    expect(detailsOf(event(1, { fields: { was_cancelled: false, ground_truth: true } }))).toBe(
      "not skipped any more; ground truth",
    );
    expect(detailsOf(event(1))).toBe("");
  });
});
