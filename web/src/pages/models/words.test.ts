import { describe, expect, it } from "vitest";
import type { Run } from "@/api/models";
import { addressProblem, isLive, progressOf, stateOf, toldOf } from "./words";

const RUN: Run = {
  id: 5,
  backend: 2,
  project: 3,
  created_by: 1,
  status: "in_progress",
  total: 1200,
  waiting: 300,
  predicted: 880,
  skipped: 0,
  failed: 20,
  predictions: 880,
  model_version: "v2",
  error: null,
  created_at: "2026-11-22T03:58:35.824760Z",
  finished_at: null,
};

describe("runs", () => {
  it("are told with what failed and what was skipped", () => {
    expect(toldOf(RUN)).toMatch(/^880 predicted, 20 failed of 1.?200 tasks$/);
    expect(toldOf({ ...RUN, status: "completed", failed: 0, skipped: 7 })).toMatch(
      /^Done: 880 predicted, 7 had predictions already of 1.?200 tasks$/,
    );
    expect(toldOf({ ...RUN, status: "cancelled" })).toMatch(/^Stopped: /);
  });
  it("know how far they are once their tasks are known", () => {
    expect(progressOf(RUN)).toBe(0.75);
    expect(progressOf({ ...RUN, total: 0, waiting: 0 })).toBeNull();
    expect(isLive(RUN)).toBe(true);
    expect(isLive({ status: "completed" })).toBe(false);
    expect(isLive(null)).toBe(false);
  });
});

describe("models", () => {
  it("have a state that says whether somebody has to do something", () => {
    expect(stateOf({ state: "CO", readable_state: "Connected" })).toEqual(["Connected", "ok"]);
    expect(stateOf({ state: "DI", readable_state: "Disconnected" })[1]).toBe("danger");
    expect(stateOf({ state: "TR", readable_state: "Training" })).toEqual(["Training", "warn"]);
  });
  it("have whole addresses", () => {
    expect(addressProblem("http://localhost:9090")).toBeNull();
    expect(addressProblem("localhost")).toContain("whole address");
    expect(addressProblem("ftp://models.example")).toContain("begins with");
    expect(addressProblem(" ")).toContain("Where");
  });
});
