const WINDOW_MS = 5_000;
const WARM_UP_MS = 600;

/** How fast a number grows: over the last five seconds, so that a stall shows and a burst does not last. */
export class RateMeter {
  #samples: [at: number, value: number][] = [];

  /** Forgets what was measured; what was there already (a resumed file) is no speed. */
  restart(): void {
    this.#samples = [];
  }

  add(value: number, now: number = Date.now()): void {
    this.#samples.push([now, value]);
    while (this.#samples.length > 2 && (this.#samples[1]?.[0] ?? 0) < now - WINDOW_MS) this.#samples.shift();
  }

  /** Units a second; null until enough was seen. */
  rate(now: number = Date.now()): number | null {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || now - first[0] < WARM_UP_MS) return null;
    return Math.max(0, (last[1] - first[1]) / ((now - first[0]) / 1000));
  }
}

/** Seconds until `left` units are done at this rate; null when that cannot be said. */
export function secondsLeft(left: number, rate: number | null): number | null {
  if (left <= 0) return 0;
  return rate && rate > 0 ? left / rate : null;
}
