import { describe, expect, it } from "vitest";
import type { Annotation, ResultItem } from "@/api/contract";
import { readError } from "@/api/errors";
import { difference, overtaken, saysTheSame } from "./conflict";

const item = (id: string, choice: string): ResultItem => ({
  id,
  from_name: "mood",
  to_name: "text",
  type: "choices",
  value: { choices: [choice] },
});
const theirs = (result: ResultItem[], skipped = false) =>
  ({ id: 7, result, was_cancelled: skipped, updated_at: "2026-11-22T04:10:02.118000Z" }) as Annotation;

describe("an annotation that somebody else changed meanwhile", () => {
  it("is in the refusal, and in no other one", () => {
    const current = theirs([item("a", "Bad")]);
    expect(overtaken(readError(409, { detail: "It is at version 3 now.", current }))).toEqual(current);
    expect(overtaken(readError(409, { detail: "Annotation 7 was saved with this unique_id." }))).toBeNull();
    expect(overtaken(readError(404, { detail: "Gone.", current }))).toBeNull();
    expect(overtaken(new Error("no answer"))).toBeNull();
  });

  it("is no conflict where it says what was wanted", () => {
    const mine = { result: [item("a", "Bad")], skip: false };
    expect(saysTheSame(mine, theirs([item("a", "Bad")]))).toBe(true);
    expect(saysTheSame(mine, theirs([item("a", "Good")]))).toBe(false);
    expect(saysTheSame(mine, theirs([item("a", "Bad")], true))).toBe(false);
  });

  it("is told apart item by item", () => {
    const mine = { result: [item("a", "Bad"), item("b", "Good"), item("c", "Good")], skip: false };
    expect(difference(mine, theirs([item("a", "Good"), item("c", "Good")]))).toBe(
      "1 item only in yours, 1 item differs.",
    );
    expect(difference({ result: [], skip: true }, theirs([item("a", "Bad"), item("b", "Bad")]))).toBe(
      "2 items only in theirs, yours is skipped.",
    );
    expect(difference(mine, theirs([...mine.result]))).toBe("The same answer.");
  });

  it("counts items without ids by their place", () => {
    const bare = (choice: string) => ({ ...item("", choice), id: undefined });
    expect(
      difference({ result: [bare("Good"), bare("Bad")], skip: false }, theirs([bare("Good"), bare("Good")])),
    ).toBe("1 item differs.");
  });
});
