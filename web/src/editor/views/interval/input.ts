/** Turns DOM events of a time strip into gestures, keys and scrolling. */
import type { StripGestures, StripInput } from "./gesture";
import type { StripKeyboard } from "./keyboard";
import { type TimeWindow, toTime } from "./timeline";

export interface StripInputHost {
  readonly gestures: StripGestures;
  readonly keyboard: StripKeyboard;
  window(): TimeWindow;
  command(name: string): boolean;
  zoomAt(x: number, factor: number): void;
  scrollBy(pixels: number): void;
  isRuler(y: number): boolean;
  togglePlay(): void;
  playAt(time: number): void;
  step(by: 1 | -1): boolean;
  /** Keys that pick a label or choice: they are left to the editor. */
  readonly labelKeys: ReadonlySet<string>;
}

const KEYS: Readonly<Record<string, string>> = {
  "+": "zoom:in",
  "=": "zoom:in",
  "-": "zoom:out",
  "0": "zoom:fit",
};
const WHEEL_SPEED = 0.0025;

export function bindStrip(stage: HTMLElement, host: StripInputHost, hotkey: string | undefined): () => void {
  const off = new AbortController();
  const { signal } = off;
  let latest: StripInput | null = null;
  let frame = 0;

  const read = (event: MouseEvent): StripInput => {
    const rect = stage.getBoundingClientRect();
    return {
      x: event.clientX - rect.left,
      ruler: host.isRuler(event.clientY - rect.top),
      shift: event.shiftKey,
      ctrl: event.ctrlKey || event.metaKey,
    };
  };
  const hover = (input: StripInput) => {
    stage.style.cursor = host.gestures.cursor(input.x, input.ruler);
  };

  stage.addEventListener(
    "pointerdown",
    (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      stage.focus({ preventScroll: true });
      host.keyboard.flush();
      stage.setPointerCapture?.(event.pointerId);
      host.gestures.down(read(event));
    },
    { signal },
  );
  stage.addEventListener(
    "pointermove",
    (event) => {
      latest = read(event);
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        const input = latest;
        latest = null;
        if (!input) return;
        if (host.gestures.active) host.gestures.move(input);
        hover(input);
      });
    },
    { signal },
  );
  stage.addEventListener(
    "pointerup",
    (event) => {
      latest = null;
      if (host.gestures.active) host.gestures.up(read(event));
      hover(read(event));
    },
    { signal },
  );
  stage.addEventListener("pointercancel", () => host.gestures.cancel(), { signal });
  stage.addEventListener("dblclick", (event) => host.playAt(toTime(host.window(), read(event).x)), {
    signal,
  });
  stage.addEventListener(
    "wheel",
    (event) => {
      const unit = event.deltaMode === 1 ? 16 : 1;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        host.zoomAt(read(event).x, Math.exp(-event.deltaY * unit * WHEEL_SPEED));
      } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        event.preventDefault();
        host.scrollBy((event.deltaX || event.deltaY) * unit);
      }
    },
    { passive: false, signal },
  );

  const used = (event: KeyboardEvent) => {
    event.preventDefault();
    event.stopPropagation();
  };
  stage.addEventListener(
    "keydown",
    (event) => {
      if (event.target !== stage) return;
      const ctrl = event.ctrlKey || event.metaKey;
      const key = { key: event.key, shift: event.shiftKey, alt: event.altKey, ctrl };
      if (event.key === " " && !event.altKey && !ctrl) {
        host.togglePlay();
        used(event);
      } else if (event.key === "Tab" && !ctrl && !event.altKey) {
        if (host.step(event.shiftKey ? -1 : 1)) used(event);
      } else if (event.key === "Escape" && host.command("cancel")) {
        used(event);
      } else if (host.keyboard.keyDown(key)) {
        used(event);
      } else if (!event.altKey) {
        const command = !ctrl && host.labelKeys.has(event.key) ? undefined : KEYS[event.key];
        if (command && host.command(command)) used(event);
      }
    },
    { signal },
  );
  stage.addEventListener("keyup", (event) => host.keyboard.keyUp(event.key), { signal });
  stage.addEventListener("blur", () => host.keyboard.flush(), { signal });

  // Playing is wanted from anywhere on the page, for example while a transcript is typed.
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.defaultPrevented) return;
      const altSpace = event.altKey && event.code === "Space";
      if (!altSpace && !(hotkey && matches(event, hotkey) && !isTyping(event.target))) return;
      host.togglePlay();
      event.preventDefault();
    },
    { signal },
  );
  return () => {
    cancelAnimationFrame(frame);
    off.abort();
  };
}

/** `hotkey="ctrl+p"` and the like. */
function matches(event: KeyboardEvent, hotkey: string): boolean {
  const parts = hotkey.toLowerCase().split("+");
  const key = parts.pop() ?? "";
  const pressed = event.code === "Space" ? "space" : event.key.toLowerCase();
  return (
    pressed === key &&
    event.altKey === (parts.includes("alt") || parts.includes("option")) &&
    event.shiftKey === parts.includes("shift") &&
    (event.ctrlKey || event.metaKey) ===
      ["ctrl", "cmd", "command", "mod"].some((name) => parts.includes(name))
  );
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest("input, textarea, select, [contenteditable=true]") !== null
  );
}
