import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { dismiss, toast, toastStore } from "./toast";

const shown = () => toastStore.get().map((item) => item.text);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  for (const item of toastStore.get()) dismiss(item.id, true);
  vi.useRealTimers();
});

it("a message that must be answered stays, however much is said after it", () => {
  toast("Not saved", { tone: "danger", duration: 0 });
  for (let number = 1; number <= 5; number++) toast(`Task ${number} submitted`);
  expect(shown()).toEqual(["Not saved", "Task 3 submitted", "Task 4 submitted", "Task 5 submitted"]);
  vi.advanceTimersByTime(60_000);
  expect(shown()).toEqual(["Not saved"]);
});

it("what waits for a message to go happens when others push it out", () => {
  const remove = vi.fn();
  toast("Annotation 7 deleted", { onExpire: remove });
  for (let number = 1; number <= 3; number++) {
    expect(remove).not.toHaveBeenCalled();
    toast(`Task ${number} submitted`);
  }
  expect(remove).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(60_000);
  expect(remove).toHaveBeenCalledOnce();
});

it("what was taken back does not happen", () => {
  const remove = vi.fn();
  dismiss(toast("Annotation 7 deleted", { onExpire: remove }), true);
  vi.advanceTimersByTime(60_000);
  expect(remove).not.toHaveBeenCalled();
});
