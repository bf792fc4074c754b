import { describe, expect, it } from "vitest";
import type { Draft, Prediction, Project, Task } from "@/api/contract";
import { emptyProblem, leadTime, makeSeat, ownerName, seatForNext } from "./seat";
import { uuid } from "./work";

const project = {
  show_collab_predictions: true,
  model_version: "",
  enable_empty_annotation: true,
} as Project;
const prediction = (id: number, version: string): Prediction => ({
  id,
  model_version: version,
  result: [{ id: `p${id}` }],
  score: 0.5,
  created_at: "",
});
const draft: Draft = { id: 3, result: [{ id: "d" }], lead_time: 12, annotation: null, updated_at: "" };
const task = (rest: Partial<Task>): Task => ({ id: 1, data: {}, ...rest }) as Task;

describe("where a task from the queue starts", () => {
  it("the person's own draft wins over a prediction", () => {
    const seat = seatForNext(task({ drafts: [draft], predictions: [prediction(1, "a")] }), project);
    expect(seat.initial).toEqual(draft.result);
    expect(seat.prediction).toBeNull();
    expect(seat.spent).toBe(12);
  });

  it("takes the newest prediction, or that of the version the project names", () => {
    const predictions = [prediction(2, "b"), prediction(5, "a"), prediction(4, "b")];
    expect(seatForNext(task({ predictions }), project).prediction?.id).toBe(5);
    expect(seatForNext(task({ predictions }), { ...project, model_version: "b" }).prediction?.id).toBe(4);
  });

  it("starts empty when the project does not show predictions", () => {
    const seat = seatForNext(task({ predictions: [prediction(1, "a")] }), {
      ...project,
      show_collab_predictions: false,
    });
    expect(seat.initial).toEqual([]);
  });

  it("a draft of an annotation is not the start of a new one", () => {
    expect(seatForNext(task({ drafts: [{ ...draft, annotation: 8 }] }), project).draft).toBeNull();
  });
});

it("every sitting has a key of its own", () => {
  expect(makeSeat(task({}), {}).key).not.toBe(makeSeat(task({}), {}).key);
});

it("lead time adds up over sittings, in seconds", () => {
  const seat = makeSeat(task({}), { draft });
  expect(leadTime(seat, seat.openedAt + 2_500)).toBe(14.5);
});

it("an empty answer is refused only where the project says so", () => {
  expect(emptyProblem([], project)).toBeNull();
  expect(emptyProblem([], { ...project, enable_empty_annotation: false })).toMatch(/empty/);
  expect(emptyProblem([{}], { ...project, enable_empty_annotation: false })).toBeNull();
});

it("names people as well as it can", () => {
  expect(ownerName({ id: 1, first_name: "Ada", last_name: "", email: "a@b.c" })).toBe("Ada");
  expect(ownerName({ id: 1, first_name: "", last_name: "", email: "a@b.c" })).toBe("a@b.c");
  expect(ownerName(4)).toBe("user 4");
});

it("makes version 4 UUIDs", () => {
  expect(uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(uuid()).not.toBe(uuid());
});
