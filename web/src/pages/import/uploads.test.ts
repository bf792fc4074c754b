import { describe, expect, it, vi } from "vitest";
import type { ImportAnswer, ImportStatus } from "@/api/contract";
import { ApiError } from "@/api/errors";
import { pastedFile, type Transport, UploadQueue } from "./uploads";

const file = (name: string, text = "abc") => new File([text], name);
const answer = (task_count: number): ImportAnswer => ({
  task_count,
  annotation_count: 0,
  prediction_count: 0,
  duration: 0,
  file_upload_ids: [],
  found_formats: [],
});
const content = (one: File | undefined) =>
  new Promise<unknown>((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.readAsText(one ?? new File([], ""));
  });
const unused = () => Promise.reject(new Error("not expected"));

describe("UploadQueue", () => {
  it("sends at most two files at a time and reports each", async () => {
    let open = 0;
    let most = 0;
    const transport: Transport = {
      async send() {
        most = Math.max(most, ++open);
        await Promise.resolve();
        open -= 1;
        return answer(2);
      },
      status: unused,
    };
    const done = vi.fn();
    const queue = new UploadQueue(transport, done);
    queue.add([file("a.csv"), file("b.csv"), file("c.csv"), file("d.csv")]);
    await vi.waitFor(() => expect(queue.busy).toBe(false));
    expect(most).toBe(2);
    expect(queue.items().map((item) => [item.name, item.state, item.tasks])).toEqual([
      ["a.csv", "done", 2],
      ["b.csv", "done", 2],
      ["c.csv", "done", 2],
      ["d.csv", "done", 2],
    ]);
    expect(done).toHaveBeenCalled();
  });

  it("one refused file does not stop the others, keeps its reasons and can be sent again", async () => {
    let tries = 0;
    const transport: Transport = {
      send: (one) =>
        one.name === "bad.csv" && tries++ === 0
          ? Promise.reject(new ApiError(400, ["Row 3 is longer than the header", "Row 9 too"]))
          : Promise.resolve(answer(1)),
      status: unused,
    };
    const queue = new UploadQueue(transport);
    queue.add([file("bad.csv"), file("good.csv")]);
    await vi.waitFor(() => expect(queue.busy).toBe(false));
    const bad = queue.items()[0];
    expect(bad).toMatchObject({
      state: "failed",
      messages: ["Row 3 is longer than the header", "Row 9 too"],
    });
    expect(queue.items()[1]?.state).toBe("done");
    queue.retry(bad?.id ?? 0);
    await vi.waitFor(() => expect(queue.items()[0]?.state).toBe("done"));
  });

  it("follows an import that goes on after the answer", async () => {
    vi.useFakeTimers();
    const states: Partial<ImportStatus>[] = [
      { status: "in_progress", rows_read: 500, rate: 100 },
      { status: "completed", task_count: 900, annotation_count: 3, prediction_count: 0 },
    ];
    const transport: Transport = {
      send: () => Promise.resolve({ ...answer(0), import: 5 }),
      status: () => Promise.resolve(states.shift() as ImportStatus),
    };
    const queue = new UploadQueue(transport);
    queue.add([file("big.json")]);
    await vi.advanceTimersByTimeAsync(10);
    expect(queue.items()[0]).toMatchObject({ state: "reading", rows: 500, rate: 100 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(queue.items()[0]).toMatchObject({ state: "done", tasks: 900, annotations: 3 });
    vi.useRealTimers();
  });

  it("cancels a file under way", async () => {
    const transport: Transport = {
      send: (_file, signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener("abort", () => reject(new Error("aborted"))),
        ),
      status: unused,
    };
    const queue = new UploadQueue(transport);
    queue.add([file("a.json")]);
    queue.cancel(queue.items()[0]?.id ?? 0);
    await vi.waitFor(() => expect(queue.items()[0]?.state).toBe("cancelled"));
  });
});

describe("pastedFile", () => {
  it("takes JSON as it is", async () => {
    const pasted = pastedFile(' [{"text":"a"},{"text":"b"}] ');
    expect(pasted).toMatchObject({ kind: "json", count: 2 });
    expect(await content(pasted?.file)).toBe('[{"text":"a"},{"text":"b"}]');
  });

  it("takes anything else as one task a line, empty lines left out", async () => {
    const pasted = pastedFile("one\r\n\n two \n");
    expect(pasted).toMatchObject({ kind: "lines", count: 2 });
    expect(await content(pasted?.file)).toBe("one\n two\n");
    expect(pastedFile('"just a string"')?.kind).toBe("lines");
    expect(pastedFile("{broken")?.kind).toBe("lines");
  });

  it("makes nothing of nothing", () => expect(pastedFile(" \n ")).toBeNull());
});
