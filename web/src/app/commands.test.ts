import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { bindKeys, type Command, CommandRegistry, keyParts, matchCommands, mayFire } from "./commands";

const command = (id: string, rest: Partial<Command> = {}): Command => ({
  id,
  title: id,
  group: "Test",
  run: () => {},
  ...rest,
});

describe("registry", () => {
  it("lets a page shadow a command and gives it back", () => {
    const registry = new CommandRegistry();
    registry.register([command("a", { title: "outer" })]);
    const stop = registry.register([command("a", { title: "inner" })]);
    expect(registry.all().map((item) => item.title)).toEqual(["inner"]);
    stop();
    expect(registry.all().map((item) => item.title)).toEqual(["outer"]);
  });

  it("removes only its own when an older page leaves after the newer one came", () => {
    const registry = new CommandRegistry();
    const stopOld = registry.register([command("a", { title: "old" })]);
    registry.register([command("a", { title: "new" })]);
    stopOld();
    expect(registry.all().map((item) => item.title)).toEqual(["new"]);
  });

  it("offers only what is possible now", () => {
    const registry = new CommandRegistry();
    registry.register([command("a", { when: () => false }), command("b")]);
    expect(registry.available().map((item) => item.id)).toEqual(["b"]);
  });
});

describe("keys", () => {
  let registry: CommandRegistry;
  let stop: () => void;
  beforeEach(() => {
    registry = new CommandRegistry();
    stop = bindKeys(registry);
  });
  afterEach(() => {
    stop();
    document.body.replaceChildren();
  });
  const press = (key: string, target: EventTarget = document.body, more: KeyboardEventInit = {}) =>
    target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));

  it("runs a command added after binding, and a sequence of keys", () => {
    const run = vi.fn();
    const sequence = vi.fn();
    registry.register([command("a", { keys: "x", run }), command("b", { keys: "g p", run: sequence })]);
    press("x");
    press("g");
    press("p");
    expect(run).toHaveBeenCalledOnce();
    expect(sequence).toHaveBeenCalledOnce();
  });

  it("leaves bare keys to the field that has focus but not combinations", () => {
    const bare = vi.fn();
    const combined = vi.fn();
    registry.register([
      command("a", { keys: "x", run: bare }),
      command("b", { keys: "Control+Enter", run: combined }),
    ]);
    const field = document.body.appendChild(document.createElement("textarea"));
    press("x", field);
    press("Enter", field, { ctrlKey: true });
    expect(bare).not.toHaveBeenCalled();
    expect(combined).toHaveBeenCalledOnce();
  });

  it("does nothing when the command is not possible, and lets the event pass", () => {
    const run = vi.fn();
    registry.register([command("a", { keys: "x", when: () => false, run })]);
    expect(press("x")).toBe(true);
    expect(run).not.toHaveBeenCalled();
  });

  it("stops listening", () => {
    const run = vi.fn();
    registry.register([command("a", { keys: "x", run })]);
    stop();
    press("x");
    expect(run).not.toHaveBeenCalled();
  });
});

it("sequences of letters rest while letters are labels", () => {
  document.body.toggleAttribute("data-own-keys", true);
  expect(mayFire("g d", document.body)).toBe(false);
  expect(mayFire("Control+Enter", document.body)).toBe(true);
  document.body.toggleAttribute("data-own-keys", false);
  expect(mayFire("g d", document.body)).toBe(true);
});

it("checkboxes do not swallow keys, text fields do", () => {
  const box = Object.assign(document.createElement("input"), { type: "checkbox" });
  const text = document.createElement("input");
  expect(mayFire("x", box)).toBe(true);
  expect(mayFire("x", text)).toBe(false);
  expect(mayFire("$mod+k", text)).toBe(true);
});

it("shows keys as they are printed on a keyboard", () => {
  expect(keyParts("g p")).toEqual([["G"], ["P"]]);
  expect(keyParts("Control+Enter")).toEqual([["Ctrl", "Enter"]]);
});

it("finds commands by any words, title starts first", () => {
  const list = [command("1", { title: "Go to projects" }), command("2", { title: "Project settings" })];
  expect(matchCommands(list, "proj").map((item) => item.id)).toEqual(["2", "1"]);
  expect(matchCommands(list, "projects go").map((item) => item.id)).toEqual(["1"]);
  expect(matchCommands(list, "nothing")).toEqual([]);
});
