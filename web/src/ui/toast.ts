export interface Toast {
  id: number;
  text: string;
  tone: "plain" | "danger" | "ok";
  action?: { label: string; run: () => void } | undefined;
  /** Called when the toast leaves without its action having been used. */
  onExpire?: (() => void) | undefined;
}

interface ToastOptions {
  tone?: Toast["tone"];
  action?: Toast["action"];
  onExpire?: () => void;
  /** Milliseconds; 0 stays until it is dismissed. */
  duration?: number;
}

/** So many messages are shown at once that go by themselves. */
const MOST = 3;

let nextId = 1;
let toasts: readonly Toast[] = [];
const listeners = new Set<() => void>();
const timers = new Map<number, ReturnType<typeof setTimeout>>();

function publish(next: readonly Toast[]): void {
  toasts = next;
  for (const tell of listeners) tell();
}

export function toast(text: string, options: ToastOptions = {}): number {
  const id = nextId++;
  const { tone = "plain", action, onExpire, duration = tone === "danger" ? 10_000 : 6_000 } = options;
  publish([...toasts, { id, text, tone, action, onExpire }]);
  if (duration > 0) {
    timers.set(
      id,
      setTimeout(() => dismiss(id), duration),
    );
  }
  // Those that go by themselves make room for newer ones; the others wait for an answer.
  const passing = toasts.filter((item) => timers.has(item.id));
  for (const item of passing.slice(0, -MOST)) dismiss(item.id);
  return id;
}

export function dismiss(id: number, used = false): void {
  const gone = toasts.find((item) => item.id === id);
  clearTimeout(timers.get(id));
  timers.delete(id);
  if (!gone) return;
  publish(toasts.filter((item) => item.id !== id));
  if (!used) gone.onExpire?.();
}

export const toastStore = {
  get: () => toasts,
  subscribe(tell: () => void) {
    listeners.add(tell);
    return () => {
      listeners.delete(tell);
    };
  },
};
