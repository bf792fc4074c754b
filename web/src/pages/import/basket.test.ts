import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ServerUpload } from "@/api/imports";
import { Basket } from "./basket";
import { RateMeter, secondsLeft } from "./rate";
import type { Running, Told, Transfer } from "./transfer";

/** A server that keeps what it is told, and does nothing by itself. */
class Post implements Transfer {
  kept: ServerUpload[] = [];
  removed: string[] = [];
  sending = new Map<string, Told>();
  log: string[] = [];

  start(file: File, told: Told): Running {
    this.sending.set(file.name, told);
    this.log.push(`start ${file.name}`);
    const end = (how: string) => () => {
      this.log.push(`${how} ${file.name}`);
      this.sending.delete(file.name);
    };
    return { stop: end("stop"), cancel: end("cancel") };
  }
  list = () => Promise.resolve(this.kept);
  remove(id: string) {
    this.removed.push(id);
    return Promise.resolve();
  }
  told(name: string): Told {
    const told = this.sending.get(name);
    if (!told) throw new Error(`${name} is not being sent`);
    return told;
  }
}

const file = (name: string, size = 100) => ({ file: new File(["x".repeat(size)], name), folder: "" });
const kept = (id: string, size: number, offset: number): ServerUpload => ({
  id,
  name: `${id}.csv`,
  size,
  offset,
  is_finished: offset === size,
  created_at: "2026-11-26T12:00:00Z",
  expires_at: "2026-11-27T12:00:00Z",
});
const states = (basket: Basket) => basket.entries().map((entry) => [entry.name, entry.state]);
const idOf = (basket: Basket, name: string) =>
  basket.entries().find((entry) => entry.name === name)?.id ?? Number.NaN;

let post: Post;
let basket: Basket;
const doubles = vi.fn();
beforeEach(() => {
  vi.useFakeTimers();
  post = new Post();
  doubles.mockClear();
  basket = new Basket(post, doubles);
});
afterEach(() => {
  vi.useRealTimers();
});

describe("sending", () => {
  it("sends three at a time, and the next when one is done", () => {
    basket.add(["a", "b", "c", "d"].map((name) => file(name)));
    expect(states(basket)).toEqual([
      ["a", "sending"],
      ["b", "sending"],
      ["c", "sending"],
      ["d", "waiting"],
    ]);
    post.told("b").done("id-b");
    expect(basket.entries()[1]).toMatchObject({ state: "ready", uploadId: "id-b", sent: 100 });
    expect(basket.entries()[3]?.state).toBe("sending");
    expect(basket.totals()).toMatchObject({ files: 4, ready: 1, open: 3, size: 400, sent: 100 });
  });

  it("tells rate and time to go, and does not take what was there already for speed", () => {
    basket.add([file("big", 10_000)]);
    const told = post.told("big");
    told.progress(5_000);
    vi.advanceTimersByTime(1_000);
    told.progress(6_000);
    vi.advanceTimersByTime(1_000);
    told.progress(7_000);
    vi.advanceTimersByTime(200);
    expect(basket.entries()[0]).toMatchObject({ sent: 7_000, rate: 1_000, eta: 3 });
    expect(basket.totals().rate).toBeGreaterThan(400);
    expect(basket.totals().rate).toBeLessThanOrEqual(1_000);
  });

  it("goes on by itself after a lost connection, and says so meanwhile", () => {
    basket.add([file("a")]);
    post.told("a").progress(40);
    post.told("a").waiting();
    expect(basket.entries()[0]).toMatchObject({ state: "sending", retrying: true, rate: null });
    post.told("a").progress(60);
    vi.advanceTimersByTime(200);
    expect(basket.entries()[0]).toMatchObject({ retrying: false, sent: 60 });
  });

  it("pauses, lets the next one in, and goes on", () => {
    basket.add(["a", "b", "c", "d"].map((name) => file(name)));
    basket.pause(idOf(basket, "a"));
    expect(post.log).toContain("stop a");
    expect(states(basket)).toEqual([
      ["a", "paused"],
      ["b", "sending"],
      ["c", "sending"],
      ["d", "sending"],
    ]);
    basket.resume(idOf(basket, "a"));
    expect(basket.entries()[0]?.state).toBe("waiting");
    post.told("d").done("id-d");
    expect(basket.entries()[0]?.state).toBe("sending");
  });

  it("keeps the reason of a refusal, and sends again when asked", () => {
    basket.add([file("a"), file("b")]);
    post.told("a").failed(["This is larger than the server accepts."]);
    expect(basket.entries()[0]).toMatchObject({
      state: "failed",
      messages: ["This is larger than the server accepts."],
    });
    expect(basket.entries()[1]?.state).toBe("sending");
    basket.resume(idOf(basket, "a"));
    expect(basket.entries()[0]).toMatchObject({ state: "sending", messages: [] });
  });

  it("takes a file out wherever it is, off the server too, and puts it back", () => {
    basket.add([file("a"), file("b")]);
    post.told("b").done("id-b");
    basket.remove(idOf(basket, "a"));
    const putBack = basket.remove(idOf(basket, "b"));
    expect(post.log).toContain("cancel a");
    expect(post.removed).toEqual(["id-b"]);
    expect(basket.entries()).toEqual([]);
    putBack();
    expect(states(basket)).toEqual([["b", "sending"]]);
  });

  it("knows a file that is in the list already", () => {
    basket.add([file("a")]);
    post.told("a").done("same");
    basket.add([file("a")]);
    post.told("a").done("same");
    expect(states(basket)).toEqual([["a", "ready"]]);
    expect(doubles).toHaveBeenCalledWith("a");
  });
});

describe("another visit", () => {
  beforeEach(async () => {
    post.kept = [kept("whole", 10, 10), kept("part", 100, 45)];
    await basket.restore();
  });

  it("shows what the server kept", async () => {
    await basket.restore();
    expect(basket.entries()).toMatchObject([
      { name: "whole.csv", state: "ready", uploadId: "whole" },
      { name: "part.csv", state: "interrupted", sent: 45, uploadId: "part" },
    ]);
  });

  it("goes on with a part when its file is chosen again", () => {
    basket.add([file("part.csv")]);
    expect(states(basket)).toEqual([
      ["whole.csv", "ready"],
      ["part.csv", "sending"],
    ]);
    post.told("part.csv").done("part");
    expect(basket.entries()[1]).toMatchObject({ state: "ready", uploadId: "part" });
    expect(post.removed).toEqual([]);
  });

  it("drops the part when the file had to be sent anew", () => {
    basket.add([file("part.csv")]);
    post.told("part.csv").done("fresh");
    expect(basket.entries()[1]).toMatchObject({ state: "ready", uploadId: "fresh" });
    expect(post.removed).toEqual(["part"]);
  });

  it("lets go of what the server no longer has", async () => {
    post.kept = post.kept.slice(1);
    await basket.prune();
    expect(states(basket)).toEqual([["part.csv", "interrupted"]]);
  });

  it("takes another file of that name for another file", () => {
    basket.add([file("part.csv", 7)]);
    expect(states(basket)).toHaveLength(3);
  });
});

describe("importing", () => {
  it("lets go of what was imported, and brings it back to be tried again", () => {
    basket.add([file("a"), file("b")]);
    basket.addAddresses(["https://example.org/c.csv"]);
    post.told("a").done("id-a");
    const read = { delimiter: ";" };
    basket.read(idOf(basket, "a"), read);
    const putBack = basket.taken(new Set([idOf(basket, "a"), idOf(basket, "c.csv")]));
    expect(states(basket)).toEqual([["b", "sending"]]);
    putBack();
    expect(states(basket)).toEqual([
      ["b", "sending"],
      ["a", "sending"],
      ["c.csv", "ready"],
    ]);
    expect(basket.entries()[1]).toMatchObject({ read, uploadId: null });
  });

  it("takes an address once", () => {
    basket.addAddresses(["https://example.org/a.csv"]);
    basket.addAddresses(["https://example.org/a.csv", "https://example.org/b/"]);
    expect(basket.entries().map((entry) => [entry.name, entry.address])).toEqual([
      ["a.csv", "https://example.org/a.csv"],
      ["b", "https://example.org/b/"],
    ]);
  });
});

describe("RateMeter", () => {
  it("says nothing at first, then how fast it went during the last seconds", () => {
    const meter = new RateMeter();
    meter.add(0, 0);
    expect(meter.rate(100)).toBeNull();
    for (let at = 1; at <= 20; at++) meter.add(at < 10 ? at * 1_000 : 10_000 + (at - 10) * 10, at * 1_000);
    expect(meter.rate(20_000)).toBeLessThan(20);
    expect(meter.rate(120_000)).toBeLessThan(1);
  });

  it("gives the time to go only when it can", () => {
    expect(secondsLeft(100, 50)).toBe(2);
    expect(secondsLeft(100, 0)).toBeNull();
    expect(secondsLeft(100, null)).toBeNull();
    expect(secondsLeft(0, null)).toBe(0);
  });
});
