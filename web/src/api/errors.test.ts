import { describe, expect, it } from "vitest";
import { errorText, readError } from "./errors";

const envelope = (status: number, rest: object) => ({
  id: "x",
  status_code: status,
  version: "1",
  exc_info: null,
  ...rest,
});

describe("readError", () => {
  it("names the field in front of each message", () => {
    const error = readError(
      400,
      envelope(400, {
        detail: "Validation error",
        validation_errors: { title: ["Too short."], maximum_annotations: ["Not a number."] },
      }),
    );
    expect(error.messages).toEqual(["Name: Too short.", "Annotations per task: Not a number."]);
    expect(error.fields.title).toEqual(["Too short."]);
  });

  it("leaves general messages without a field and skips good items", () => {
    const body = envelope(400, {
      detail: "Validation error",
      validation_errors: { non_field_errors: [{}, "Error at item 1: no text"] },
    });
    expect(readError(400, body).messages).toEqual(["Error at item 1: no text"]);
  });

  it("walks into nested objects and numbered lists", () => {
    const body = envelope(400, {
      detail: "Validation error",
      validation_errors: { filter_group: { filters: [{}, { operator: ["Unknown."] }] } },
    });
    expect(readError(400, body).messages).toEqual(["filter group.filters[1].operator: Unknown."]);
  });

  it("reads the bare map that configuration checks answer with", () => {
    expect(readError(400, { label_config: ["Line 2: broken"] }).fields.label_config).toEqual([
      "Line 2: broken",
    ]);
  });

  it("uses the server's own sentence when there is one", () => {
    expect(readError(404, envelope(404, { detail: "No project 7." })).messages).toEqual(["No project 7."]);
  });

  it.each([
    [0, /does not answer/],
    [413, /larger/],
    [401, /Sign in/],
    [500, /500/],
  ])("says something a person can act on for a %i without a body", (status, text) => {
    expect(readError(status, "<html>").message).toMatch(text);
  });

  it("keeps long lists short in one line of text", () => {
    const list = Array.from({ length: 9 }, (_, index) => `bad ${index}.`);
    const error = readError(
      400,
      envelope(400, { detail: "Validation error", validation_errors: { non_field_errors: list } }),
    );
    expect(errorText(error)).toBe("bad 0. bad 1. bad 2. (and 6 more)");
  });
});
