import { describe, expect, it } from "vitest";
import { ApiError } from "@/api/errors";
import { problemsOf, toProblem } from "./check";
import { sampleData } from "./sample";

describe("problems of a set-up", () => {
  it("finds the line the server names", () => {
    expect(toProblem("Line 12, <Choices>: toName is missing").line).toBe(12);
    expect(toProblem("nothing to point at").line).toBeNull();
  });
  it("lists what belongs to the set-up, or whatever there is", () => {
    expect(problemsOf(new ApiError(400, ["x"], { label_config: ["Line 1: a", "Line 2: b"] }))).toHaveLength(
      2,
    );
    expect(problemsOf(new Error("offline"))[0]?.message).toBe("offline");
  });
});

describe("sampleData", () => {
  it("has a plausible value for every key that the set-up reads", () => {
    const data = sampleData(
      '<View><Header value="$title"/><Text name="t" value="$body"/><Image name="i" value="$pic"/>' +
        '<Choices name="c" toName="t" value="$options"/><Audio name="a" value="$rec.url"/></View>',
    );
    expect(Object.keys(data)).toEqual(["title", "body", "pic", "options", "rec"]);
    expect(data.pic).toBe("/samples/image.png");
    expect(data.options).toHaveLength(3);
    expect(data.rec).toEqual({ url: "/samples/audio.wav" });
  });
  it("makes nothing of a broken set-up and cannot be talked into prototypes", () => {
    expect(sampleData("<View><Text")).toEqual({});
    sampleData('<View><Text name="t" value="$__proto__.polluted"/></View>');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
