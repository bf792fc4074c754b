import { afterEach, describe, expect, it, vi } from "vitest";
import type { Annotation, ResultItem, Task } from "@/api/contract";
import { overtaken } from "./conflict";
import { makeSeat } from "./seat";
import { draftStore, submit } from "./work";

const SEEN = "2026-11-22T04:10:02.118000Z";
const item = (choice: string): ResultItem[] => [{ id: "m", from_name: "mood", value: { choices: [choice] } }];
const annotation = (choice: string, updated_at = SEEN) =>
  ({ id: 7, result: item(choice), was_cancelled: false, updated_at }) as Annotation;

/** A server whose answers are given one after the other, and what it was asked. */
function serve(...answers: [status: number, body: unknown][]) {
  const asked: Request[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    asked.push(request);
    const [status, body] = answers[asked.length - 1] ?? [500, null];
    if (status === 0) throw new TypeError("connection lost");
    return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
  });
  return asked;
}

const seat = () => makeSeat({ id: 3, data: {} } as Task, { annotation: annotation("Good") });
const work = (choice: string) => ({
  seat: seat(),
  result: item(choice),
  leadTime: 2,
  draftId: null,
  skip: false,
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("an update", () => {
  it("says which version it changes", async () => {
    const asked = serve([200, annotation("Bad", "later")]);
    expect((await submit(work("Bad"))).updated_at).toBe("later");
    expect(asked[0]?.method).toBe("PATCH");
    expect(asked[0]?.headers.get("if-match")).toBe(SEEN);
  });

  it("is refused over somebody else's change, which it shows", async () => {
    const theirs = annotation("Odd", "later");
    serve([409, { detail: "It is at version 2 now.", current: theirs }]);
    const refusal = await submit(work("Bad")).catch((error: unknown) => error);
    expect(overtaken(refusal)).toEqual(theirs);
  });

  it("whose answer got lost is found to be done", async () => {
    vi.useFakeTimers();
    const mine = annotation("Bad", "later");
    const asked = serve([0, null], [409, { detail: "It is at version 2 now.", current: mine }]);
    const done = submit(work("Bad"));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await done).toEqual(mine);
    expect(asked).toHaveLength(2);
  });
});

describe("a draft on an annotation", () => {
  it("is begun again when the annotation was saved by somebody else, which ends its drafts", async () => {
    const asked = serve([404, { detail: "No draft with id 5." }], [201, { id: 6 }]);
    expect(await draftStore(seat()).update(5, item("Bad"), 2)).toEqual({ id: 6 });
    expect(asked.map(({ method, url }) => `${method} ${new URL(url).pathname}`)).toEqual([
      "PATCH /api/drafts/5",
      "POST /api/tasks/3/annotations/7/drafts",
    ]);
  });
});
