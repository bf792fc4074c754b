import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ResultItem } from "@/api/contract";
import { DraftSaver, type DraftStore } from "./drafts";

const result = (n: number): ResultItem[] => [{ id: String(n) }];

/** A store that answers when told to and remembers what it holds. */
function slowStore() {
  const calls: { result: ResultItem[]; created: boolean; finish: (ok: boolean) => void }[] = [];
  let held: ResultItem[] | null = null;
  let made = 0;
  const call = (value: ResultItem[], created: boolean) =>
    new Promise<{ id: number }>((resolve, reject) => {
      calls.push({
        result: value,
        created,
        finish(ok) {
          if (!ok) return reject(new Error("lost"));
          held = value;
          if (created) made += 1;
          resolve({ id: 41 + made });
        },
      });
    });
  const store: DraftStore = {
    create: (value) => call(value, true),
    update: (_id, value) => call(value, false),
  };
  return { store, calls, held: () => held, made: () => made };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("DraftSaver", () => {
  it("waits half a second after the last change, then saves the newest state once", async () => {
    const { store, calls } = slowStore();
    const saver = new DraftSaver(store, () => 1);
    saver.change(result(1));
    await vi.advanceTimersByTimeAsync(400);
    saver.change(result(2));
    await vi.advanceTimersByTimeAsync(499);
    expect(calls).toHaveLength(0);
    expect(saver.state()).toBe("unsaved");
    await vi.advanceTimersByTimeAsync(1);
    expect(calls.map((call) => call.result)).toEqual([result(2)]);
    expect(saver.state()).toBe("saving");
    calls[0]?.finish(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(saver.state()).toBe("saved");
  });

  it("creates one draft, updates it afterwards, never two requests at a time", async () => {
    const { store, calls } = slowStore();
    const saver = new DraftSaver(store, () => 1);
    saver.change(result(1));
    await vi.advanceTimersByTimeAsync(500);
    saver.change(result(2));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(calls).toHaveLength(1);
    calls[0]?.finish(true);
    await vi.advanceTimersByTimeAsync(600);
    expect(calls.map((call) => call.created)).toEqual([true, false]);
    expect(saver.draftId).toBe(42);
  });

  it("goes on with a draft that exists already", async () => {
    const { store, calls } = slowStore();
    const saver = new DraftSaver(store, () => 1, 7);
    saver.change(result(1));
    await vi.advanceTimersByTimeAsync(500);
    expect(calls[0]?.created).toBe(false);
  });

  it("says that a save failed and tries again by itself", async () => {
    const { store, calls, held } = slowStore();
    const saver = new DraftSaver(store, () => 1);
    saver.change(result(1));
    await vi.advanceTimersByTimeAsync(500);
    calls[0]?.finish(false);
    await vi.advanceTimersByTimeAsync(0);
    expect(saver.state()).toBe("failed");
    await vi.advanceTimersByTimeAsync(1_000);
    calls[1]?.finish(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(saver.state()).toBe("saved");
    expect(held()).toEqual(result(1));
  });

  it("flush saves at once and waits for the answer", async () => {
    const { store, calls } = slowStore();
    const saver = new DraftSaver(store, () => 1);
    saver.change(result(1));
    const done = saver.flush();
    expect(calls).toHaveLength(1);
    calls[0]?.finish(true);
    await done;
    expect(saver.state()).toBe("saved");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(calls).toHaveLength(1);
  });

  it("close drops what waits, but tells the id of a draft whose request was under way", async () => {
    const { store, calls } = slowStore();
    const saver = new DraftSaver(store, () => 1);
    saver.change(result(1));
    await vi.advanceTimersByTimeAsync(500);
    saver.change(result(2));
    const id = saver.close();
    calls[0]?.finish(true);
    expect(await id).toBe(42);
    saver.change(result(3));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(calls).toHaveLength(1);
  });

  it("whatever is lost on the way, the last state arrives and one draft exists", async () => {
    const steps = fc.array(
      fc.oneof(
        fc.constant({ do: "change" as const }),
        fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 2_000 }) }),
        fc.record({ do: fc.constant("answer" as const), ok: fc.boolean() }),
        fc.constant({ do: "flush" as const }),
      ),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const { store, calls, held, made } = slowStore();
        const saver = new DraftSaver(store, () => 1);
        let answered = 0;
        let last = 0;
        const answer = (ok: boolean) => calls[answered] && calls[answered++]?.finish(ok);
        for (const step of script) {
          if (step.do === "change") saver.change(result(++last));
          else if (step.do === "wait") await vi.advanceTimersByTimeAsync(step.ms);
          else if (step.do === "flush") void saver.flush();
          else answer(step.ok);
          await vi.advanceTimersByTimeAsync(0);
          expect(calls.length - answered).toBeLessThanOrEqual(1);
        }
        for (let round = 0; round < 4; round++) {
          await vi.advanceTimersByTimeAsync(30_000);
          while (answered < calls.length) answer(true);
        }
        await vi.advanceTimersByTimeAsync(0);
        expect(held()).toEqual(last === 0 ? null : result(last));
        expect(made()).toBeLessThanOrEqual(1);
        expect(saver.state()).toBe(last === 0 ? "clean" : "saved");
      }),
      { numRuns: 150 },
    );
  });
});
