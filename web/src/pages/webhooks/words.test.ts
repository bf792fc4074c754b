import { describe, expect, it } from "vitest";
import type { Action, Delivery, Webhook } from "@/api/webhooks";
import { addressProblem, answer, groups, headersOf, heard, latency, nextTry, outcome } from "./words";

const action = (name: string, key: string, only = false): Action => ({
  name,
  description: "",
  key,
  "organization-only": only,
});
const ACTIONS = {
  PROJECT_CREATED: action("Project created", "project", true),
  PROJECT_UPDATED: action("Project updated", "project"),
  TASKS_CREATED: action("Tasks created", "tasks"),
  ANNOTATION_CREATED: action("Annotation created", "annotation"),
  ANNOTATIONS_DELETED: action("Annotations deleted", "annotations"),
  LABEL_LINK_CREATED: action("Label link created", "label_link"),
};
const delivery = (fields: Partial<Delivery>): Delivery => ({
  id: 1,
  webhook: 1,
  project: 1,
  action: "TEST",
  state: "queued",
  attempts: 0,
  status_code: null,
  error: null,
  duration: null,
  created_at: "",
  attempted_at: null,
  next_attempt_at: null,
  ...fields,
});

describe("words of webhooks", () => {
  it("offers a project only what is told of projects", () => {
    expect(groups(ACTIONS, true)).toEqual([
      ["Projects", ["PROJECT_UPDATED"]],
      ["Tasks", ["TASKS_CREATED"]],
      ["Annotations", ["ANNOTATION_CREATED", "ANNOTATIONS_DELETED"]],
    ]);
    expect(groups(ACTIONS, false)[0]).toEqual(["Projects", ["PROJECT_CREATED", "PROJECT_UPDATED"]]);
  });

  it("says what is heard", () => {
    const hook = (actions: string[], all = false) =>
      heard({ actions, send_for_all_actions: all } as Webhook, ACTIONS);
    expect(hook([], true)).toBe("Everything");
    expect(hook([])).toBe("Nothing yet");
    expect(hook(["TASKS_CREATED"])).toBe("Tasks created");
    expect(hook(["TASKS_CREATED", "ANNOTATION_CREATED", "PROJECT_UPDATED", "PROJECT_CREATED"])).toBe(
      "Tasks created, Annotation created and 2 more",
    );
  });

  it("says how a delivery went", () => {
    expect(outcome(delivery({}))).toEqual(["Waiting", ""]);
    expect(outcome(delivery({ attempts: 2 }))).toEqual(["Trying again", "warn"]);
    expect(outcome(delivery({ state: "failed", attempts: 8 }))).toEqual(["Given up", "danger"]);
    expect(answer(delivery({}))).toBe("");
    expect(answer(delivery({ attempts: 1 }))).toBe("No answer");
    expect(answer(delivery({ attempts: 1, status_code: 503 }))).toBe("503");
    expect(nextTry("2026-11-27T05:00:20Z", Date.parse("2026-11-27T05:00:00Z"))).toBe("in less than a minute");
    expect(nextTry("2026-11-27T05:05:00Z", Date.parse("2026-11-27T05:00:00Z"))).toBe("in 5 minutes");
    expect([latency(null), latency(0.0836), latency(1.25)]).toEqual(["", "84 ms", "1.3 s"]);
  });

  it("reads addresses and headers", () => {
    expect(addressProblem("https://a.example/b")).toBeNull();
    for (const wrong of ["", "a.example", "ftp://a.example"]) expect(addressProblem(wrong)).not.toBeNull();
    expect(
      headersOf([
        { key: 1, name: " X-A ", value: "1" },
        { key: 2, name: "", value: "2" },
      ]),
    ).toEqual({ "X-A": "1" });
  });
});
