/** Turns DOM events of the stage into gestures, keys and camera moves. */
import type { Point } from "../../geometry/point";
import type { KeyboardDrawing } from "./keyboard";
import type { PointerGestures, PointerInput } from "./pointer";

export interface InputHost {
  readonly gestures: PointerGestures;
  readonly keyboard: KeyboardDrawing;
  command(name: string): boolean;
  zoomBy(anchor: Point, factor: number): void;
  panBy(delta: Point): void;
  /** Whether the image is larger than the stage, so that the wheel has something to scroll. */
  canScroll(): boolean;
  hover(at: Point | null): void;
  setPanning(on: boolean): void;
  /** Selects the region after or before the selected one; false at the end. */
  step(by: 1 | -1): boolean;
  /** Keys that pick a label or choice: they are left to the editor. */
  readonly labelKeys: ReadonlySet<string>;
  /** Asks for a repaint after a gesture. */
  changed(): void;
}

const KEYS: Readonly<Record<string, string>> = {
  v: "tool:select",
  r: "tool:draw",
  h: "tool:pan",
  "+": "zoom:in",
  "=": "zoom:in",
  "-": "zoom:out",
  "0": "zoom:fit",
  PageUp: "page:previous",
  PageDown: "page:next",
};
const WHEEL_SPEED = 0.0018;

export function bindInput(stage: HTMLElement, host: InputHost): () => void {
  const off = new AbortController();
  const on = <K extends keyof HTMLElementEventMap>(
    name: K,
    handler: (event: HTMLElementEventMap[K]) => void,
    options: AddEventListenerOptions = {},
  ) => stage.addEventListener(name, handler, { ...options, signal: off.signal });

  const touches = new Map<number, Point>();
  let pinch: { distance: number; middle: Point } | null = null;
  let latest: PointerInput | null = null;
  let frame = 0;

  const place = (event: MouseEvent): Point => {
    const rect = stage.getBoundingClientRect();
    return { x: event.clientX - rect.left, y: event.clientY - rect.top };
  };
  const read = (event: PointerEvent): PointerInput => ({
    at: place(event),
    button: event.button,
    shift: event.shiftKey,
    alt: event.altKey,
    ctrl: event.ctrlKey || event.metaKey,
  });
  // A mouse may report a thousand moves a second: only the last one before each frame counts.
  const flushMove = () => {
    frame = 0;
    const input = latest;
    latest = null;
    if (!input) return;
    if (host.gestures.active) host.gestures.move(input);
    host.hover(input.at);
  };

  on("pointerdown", (event) => {
    stage.focus({ preventScroll: true });
    host.keyboard.flush();
    if (event.pointerType === "touch") {
      touches.set(event.pointerId, place(event));
      if (touches.size === 2) {
        host.gestures.cancel();
        pinch = pinchOf(touches);
        return;
      }
    }
    if (event.button === 2) return;
    event.preventDefault();
    stage.setPointerCapture?.(event.pointerId);
    host.gestures.down(read(event));
    host.changed();
  });
  on("pointermove", (event) => {
    if (touches.has(event.pointerId)) touches.set(event.pointerId, place(event));
    if (pinch && touches.size === 2) {
      const next = pinchOf(touches);
      host.panBy({ x: next.middle.x - pinch.middle.x, y: next.middle.y - pinch.middle.y });
      host.zoomBy(next.middle, next.distance / Math.max(1, pinch.distance));
      pinch = next;
      return;
    }
    latest = read(event);
    if (!frame) frame = requestAnimationFrame(flushMove);
  });
  const finish = (event: PointerEvent) => {
    touches.delete(event.pointerId);
    if (pinch) {
      if (touches.size === 0) pinch = null;
      return;
    }
    latest = null;
    if (event.type === "pointercancel") host.gestures.cancel();
    else if (host.gestures.active) host.gestures.up(read(event));
    host.hover(place(event));
    host.changed();
  };
  on("pointerup", finish);
  on("pointercancel", finish);
  on("pointerleave", () => host.hover(null));
  on("auxclick", (event) => event.preventDefault());

  on(
    "wheel",
    (event) => {
      const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 200 : 1;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        host.zoomBy(
          place(event),
          Math.exp(-event.deltaY * unit * WHEEL_SPEED * (event.deltaMode === 0 ? 2 : 1)),
        );
      } else if (host.canScroll()) {
        event.preventDefault();
        const sideways = event.shiftKey && event.deltaX === 0;
        host.panBy({
          x: -(sideways ? event.deltaY : event.deltaX) * unit,
          y: sideways ? 0 : -event.deltaY * unit,
        });
      }
    },
    { passive: false },
  );

  const used = (event: KeyboardEvent) => {
    event.preventDefault();
    event.stopPropagation();
  };
  on("keydown", (event) => {
    if (event.target !== stage) return;
    const ctrl = event.ctrlKey || event.metaKey;
    if (event.key === " " && !event.altKey && !ctrl) {
      host.setPanning(true);
      used(event);
    } else if (event.key === "Tab" && !ctrl && !event.altKey) {
      if (host.step(event.shiftKey ? -1 : 1)) used(event);
    } else if (event.key === "Escape" && host.command("cancel")) {
      used(event);
    } else if (host.keyboard.keyDown({ key: event.key, shift: event.shiftKey, alt: event.altKey, ctrl })) {
      used(event);
    } else if (!event.altKey && (!ctrl || "+=-0".includes(event.key))) {
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      const command = !ctrl && host.labelKeys.has(key) ? undefined : KEYS[key];
      if (command && host.command(command)) used(event);
    }
    host.changed();
  });
  on("keyup", (event) => {
    if (event.key === " ") host.setPanning(false);
    host.keyboard.keyUp(event.key);
  });
  on("blur", () => {
    host.setPanning(false);
    host.keyboard.flush();
    host.changed();
  });
  return () => {
    cancelAnimationFrame(frame);
    off.abort();
  };
}

function pinchOf(touches: ReadonlyMap<number, Point>): { distance: number; middle: Point } {
  const [a, b] = [...touches.values()] as [Point, Point];
  return { distance: Math.hypot(a.x - b.x, a.y - b.y), middle: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 } };
}
