import { describe, expect, it } from "vitest";
import type { CheckAnswer, FilePreview, ImportStatus } from "@/api/imports";
import type { Entry } from "./basket";
import { commonFields, contentOf, DEFAULTS, problemOf, queryOf, withOption } from "./options";
import { describeCheck, describeEntry, describeTotals, factsOf, headlineOf, titleOf, toneOf } from "./words";

const entry = (patch: Partial<Entry>): Entry => ({
  id: 1,
  name: "a.csv",
  folder: "",
  size: 1_000,
  state: "ready",
  sent: 0,
  rate: null,
  eta: null,
  retrying: false,
  messages: [],
  uploadId: null,
  address: null,
  read: {},
  ...patch,
});
const preview = (patch: Partial<FilePreview>): FilePreview => ({
  name: "a.csv",
  upload: null,
  size: 1_000,
  format: "CSV",
  options: {},
  columns: ["id", "text"],
  types: {},
  rows: [],
  sheets: [],
  notes: [],
  missing: [],
  files_as_tasks_list: true,
  error: null,
  ...patch,
});
const status = (patch: Partial<ImportStatus>) =>
  ({
    id: 1,
    status: "completed",
    files: [],
    found_formats: [],
    task_count: 0,
    annotation_count: 0,
    prediction_count: 0,
    rows_read: 0,
    rows_accepted: 0,
    rows_rejected: 0,
    rows_duplicate: 0,
    rows_updated: 0,
    rows_unmatched: 0,
    rate: 0,
    eta: null,
    cancelled: false,
    undone_at: null,
    ...patch,
  }) as ImportStatus;

describe("the query of an import", () => {
  it("says only what is not the default", () => {
    expect(queryOf(DEFAULTS).toString()).toBe("");
    expect(
      Object.fromEntries(
        queryOf({
          onError: "skip",
          known: "fields",
          fields: ["id", "meta.x"],
          mode: "upsert",
          tables: "files",
        }),
      ),
    ).toEqual({ on_error: "skip", dedupe: "id,meta.x", mode: "upsert", files_as_tasks_list: "false" });
  });

  it("cannot compare by no field", () => {
    expect(problemOf(DEFAULTS)).toBeNull();
    expect(problemOf({ ...DEFAULTS, known: "fields" })).toMatch(/field/);
  });
});

it("the content names uploads and addresses, and how each is read", () => {
  expect(
    contentOf([
      entry({ uploadId: "u1", read: { delimiter: ";" } }),
      entry({ uploadId: "u2" }),
      entry({ address: "https://example.org/x.csv", read: { header: false } }),
    ]),
  ).toEqual({
    uploads: ["u1", "u2"],
    addresses: ["https://example.org/x.csv"],
    options: { u1: { delimiter: ";" }, "https://example.org/x.csv": { header: false } },
  });
});

it("an option goes back to what is found", () => {
  expect(withOption({ header: false }, "quote", "")).toEqual({ header: false, quote: "" });
  expect(withOption({ header: false, quote: "" }, "header", undefined)).toEqual({ quote: "" });
});

it("fields to compare by are those that all files have, by their data key", () => {
  expect(commonFields([])).toEqual([]);
  expect(
    commonFields([
      preview({ columns: ["ID", "text", "x"], options: { columns: { ID: "id", x: "" } } }),
      preview({ columns: ["id", "text", "y"] }),
      preview({ columns: [] }),
    ]),
  ).toEqual(["id", "text"]);
});

describe("words", () => {
  it("about a file", () => {
    expect(describeEntry(entry({ state: "sending", sent: 500, rate: 100, eta: 5 }))).toBe(
      "500 B of 1.0 kB, 100 B a second, 5 s to go",
    );
    expect(describeEntry(entry({ state: "sending", sent: 500, retrying: true }))).toMatch(/trying again/);
    expect(describeEntry(entry({ state: "interrupted", sent: 450 }))).toMatch(/Choose the file again/);
    expect(describeEntry(entry({}), [preview({})])).toBe("CSV, 2 columns");
    expect(describeEntry(entry({}), [preview({ missing: ["text"] })])).toBe("CSV, no column for text");
    expect(describeEntry(entry({}), [preview({}), preview({})])).toBe("2 files inside");
    expect(describeEntry(entry({}), [preview({}), preview({ error: "breaks off" })])).toBe("breaks off");
    expect(describeEntry(entry({}), [preview({ format: "media", columns: ["text"] })])).toBe("Media file");
  });

  it("about all files", () => {
    expect(
      describeTotals({ files: 3, ready: 1, open: 2, failed: 0, size: 3_000, sent: 1_500, rate: 500, eta: 3 }),
    ).toBe("3 files · 1.5 kB of 3.0 kB sent · 500 B a second, 3 s to go");
    expect(
      describeTotals({ files: 1, ready: 0, open: 0, failed: 1, size: 10, sent: 0, rate: null, eta: null }),
    ).toBe("1 file · 10 B · 1 not sent");
  });

  it("about an import", () => {
    const running = status({
      status: "in_progress",
      rows_read: 500,
      rows_accepted: 499,
      rate: 99.6,
      eta: 61,
    });
    expect(toneOf(running)).toBe("running");
    expect(factsOf(running)).toEqual(["500 rows read", "499 accepted", "100 a second", "1 min to go"]);
    const partial = status({
      task_count: 2,
      prediction_count: 1,
      rows_read: 3,
      rows_accepted: 2,
      rows_rejected: 1,
    });
    expect([toneOf(partial), headlineOf(partial)]).toEqual(["partial", "2 tasks with 1 prediction imported"]);
    expect(factsOf(partial)).toEqual(["3 rows read", "2 accepted", "1 left out"]);
    expect(toneOf(status({ undone_at: "2026-01-01T00:00:00Z" }))).toBe("gone");
    expect(titleOf(status({ files: ["a.csv", "b.csv", "c.csv"] }))).toBe("a.csv and 2 more files");
    expect(titleOf(status({ found_formats: { ".csv": 2 } }))).toBe(".csv");
  });

  it("about a dry run", () => {
    const answer = {
      task_count: 3,
      annotation_count: 0,
      prediction_count: 0,
      rows_rejected: 2,
      duplicate_count: 1,
    };
    expect(describeCheck(answer as CheckAnswer)).toBe(
      "3 tasks would be imported, 1 row known already, 2 rows left out. Nothing was stored.",
    );
  });
});
