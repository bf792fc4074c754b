import { describe, expect, it } from "vitest";
import { ago, bytes, duration, plural, share } from "./format";

describe("numbers with units", () => {
  it("counts", () => {
    expect(plural(1, "task")).toBe("1 task");
    expect(plural(1200, "task")).toBe("1,200 tasks");
    expect(plural(0, "task has", "tasks have")).toBe("0 tasks have");
  });
  it("sizes", () => {
    expect(bytes(999)).toBe("999 B");
    expect(bytes(1500)).toBe("1.5 kB");
    expect(bytes(25_000_000)).toBe("25 MB");
  });
  it("times", () => {
    const now = Date.parse("2026-05-02T12:00:00Z");
    expect(ago("2026-05-02T11:59:40Z", now)).toBe("just now");
    expect(ago("2026-05-02T11:55:00Z", now)).toBe("5 minutes ago");
    expect(ago("2026-05-01T12:00:00Z", now)).toBe("yesterday");
    expect(ago("nonsense", now)).toBe("");
    expect(duration(4800)).toBe("1 h 20 min");
  });
  it("shares stay between nothing and all", () => {
    expect(share(5, 0)).toBe(0);
    expect(share(7, 5)).toBe(1);
    expect(share(null, 5)).toBe(0);
  });
});
