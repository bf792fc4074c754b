import { describe, expect, test } from "vitest";
import type { Storage } from "@/api/storages";
import { foundOf, isBusy, placeOf, problemsOf, stateOf, toldOf } from "./words";

const META = {
  total_annotations: 0,
  annotations_waiting: 0,
  tasks_added: 0,
  tasks_existed: 0,
  objects_seen: 0,
  objects_left_out: 0,
  objects_filtered: 0,
  duration: null,
};

function storage(status: string, meta: Partial<typeof META> = {}, last: number | null = null) {
  return { status, meta: { ...META, ...meta }, last_sync_count: last } as Storage;
}

describe("states", () => {
  test("a target that still has something to write is not up to date", () => {
    expect(stateOf("target", storage("completed"))).toEqual(["Up to date", "ok"]);
    const writing = storage("completed", { annotations_waiting: 3 }, 40);
    expect(stateOf("target", writing)).toEqual(["Writing", "warn"]);
    expect(isBusy(writing)).toBe(true);
    expect(toldOf("target", writing)).toBe("40 objects written last · 3 changes to be written");
  });

  test("one that failed is not looked at all the time, and says what waits", () => {
    const failed = storage("failed", { annotations_waiting: 10_000 });
    expect(isBusy(failed)).toBe(false);
    expect(stateOf("target", failed)).toEqual(["Failed", "danger"]);
    expect(toldOf("target", failed)).toBe("10,000 changes or more to be written");
  });

  test("a source says what became of its objects", () => {
    expect(toldOf("source", storage("initialized"))).toBe("");
    expect(toldOf("source", storage("completed"))).toBe("Nothing was found");
    const seen = { objects_seen: 1200, tasks_added: 1, tasks_existed: 1100, objects_left_out: 2 };
    expect(toldOf("source", storage("completed_with_errors", seen))).toBe(
      "1 task made, 1,100 had tasks already, 2 left out of 1,200 objects",
    );
    expect(stateOf("source", storage("completed_with_errors", seen))).toEqual(["Some left out", "warn"]);
  });
});

describe("places", () => {
  test.each([
    [{ type: "s3", bucket: "pictures", prefix: "/birds/" }, "pictures/birds"],
    [{ type: "s3", bucket: "pictures", prefix: null }, "pictures"],
    [{ type: "localfiles", path: "/data/birds" }, "/data/birds"],
  ])("%o", (given, said) => {
    expect(placeOf(given as Storage)).toBe(said);
  });

  test("what a check found", () => {
    const files = ["a.jpg", "b.jpg", "c.jpg", "d.jpg"].map((key) => ({ key, last_modified: "", size: 1 }));
    expect(foundOf([])).toBe("It answers, and there is nothing in it yet.");
    expect(foundOf(files.slice(0, 1))).toBe("It answers. 1 object: a.jpg");
    expect(foundOf(files)).toBe("It answers. 4 objects: a.jpg, b.jpg, c.jpg, …");
  });
});

describe("forms", () => {
  const bucket = { title: "", bucket: "pictures" };

  test("what is missing is named at its field", () => {
    expect(problemsOf("localfiles", { title: "", path: "" }, false)).toHaveProperty("path");
    expect(problemsOf("localfiles", { title: "", path: "data" }, false).path).toContain("begins with /");
    expect(problemsOf("localfiles", { title: "", path: "/data" }, false)).toEqual({});
    expect(problemsOf("s3", { title: "", bucket: "" }, false)).toHaveProperty("bucket");
    expect(problemsOf("s3", { title: "", bucket: "pictures/birds" }, false)).toHaveProperty("bucket");
    expect(problemsOf("s3", { ...bucket, s3_endpoint: "minio" }, false)).toHaveProperty("s3_endpoint");
    expect(problemsOf("s3", bucket, false)).toEqual({});
  });

  test("a key id needs its secret, a new secret may go with the stored id", () => {
    expect(problemsOf("s3", { ...bucket, aws_access_key_id: "AKIA" }, false)).toHaveProperty(
      "aws_secret_access_key",
    );
    const secret = { ...bucket, aws_secret_access_key: "s" };
    expect(problemsOf("s3", secret, false)).toHaveProperty("aws_access_key_id");
    expect(problemsOf("s3", secret, true)).toEqual({});
  });
});
