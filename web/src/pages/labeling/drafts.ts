import type { ResultItem } from "@/api/contract";

export type DraftState = "clean" | "unsaved" | "saving" | "saved" | "failed";

/** Where drafts go; the real one is the REST API, tests bring their own. */
export interface DraftStore {
  create(result: ResultItem[], leadTime: number): Promise<{ id: number }>;
  /** The draft as it is then: another one where the first is gone, since somebody else changed the annotation. */
  update(id: number, result: ResultItem[], leadTime: number): Promise<{ id: number }>;
}

const DELAY_MS = 500;
const RETRY_MS = [1_000, 3_000, 8_000, 20_000];

/**
 * Saves what a person works on, half a second after the last change, one request at a time, newest state wins.
 * A failed save is tried again by itself, and at once when `flush` is called (page hidden, connection back).
 */
export class DraftSaver {
  #state: DraftState = "clean";
  #id: number | null;
  #pending: ResultItem[] | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #flight: Promise<void> | null = null;
  #failures = 0;
  #closed = false;
  #listeners = new Set<() => void>();

  constructor(
    private readonly store: DraftStore,
    private readonly leadTime: () => number,
    draftId: number | null = null,
  ) {
    this.#id = draftId;
  }

  get draftId(): number | null {
    return this.#id;
  }

  state = (): DraftState => this.#state;

  subscribe = (tell: () => void): (() => void) => {
    this.#listeners.add(tell);
    return () => this.#listeners.delete(tell);
  };

  /** The result changed; it is saved unless another change comes within the delay. */
  change(result: ResultItem[]): void {
    if (this.#closed) return;
    this.#pending = result;
    this.#set(this.#flight ? "saving" : "unsaved");
    this.#schedule(DELAY_MS);
  }

  /** Saves now what waits; resolves when nothing is under way, whether it worked or not. */
  async flush(): Promise<void> {
    this.#cancelTimer();
    if (this.#flight) await this.#flight;
    if (this.#pending && !this.#closed) await this.#send();
  }

  /**
   * Stops saving because the work is about to be submitted or left. Waits for the request under way, so that
   * the caller knows the id of every draft that exists.
   */
  async close(): Promise<number | null> {
    this.#closed = true;
    this.#pending = null;
    this.#cancelTimer();
    if (this.#flight) await this.#flight;
    return this.#id;
  }

  #schedule(delay: number): void {
    this.#cancelTimer();
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (!this.#flight) void this.#send();
    }, delay);
  }

  #cancelTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #send(): Promise<void> {
    const result = this.#pending;
    if (!result) return Promise.resolve();
    this.#pending = null;
    this.#set("saving");
    this.#flight = this.#save(result).finally(() => {
      this.#flight = null;
      if (this.#closed) return;
      if (this.#pending && this.#timer === null) {
        this.#schedule(this.#state === "failed" ? this.#retryDelay() : 0);
      }
    });
    return this.#flight;
  }

  async #save(result: ResultItem[]): Promise<void> {
    try {
      const saved =
        this.#id === null
          ? await this.store.create(result, this.leadTime())
          : await this.store.update(this.#id, result, this.leadTime());
      this.#id = saved.id;
      this.#failures = 0;
      this.#set(this.#pending ? "unsaved" : "saved");
    } catch {
      this.#failures += 1;
      // Newer changes replace the state that could not be saved.
      this.#pending ??= result;
      this.#set("failed");
    }
  }

  #retryDelay(): number {
    return RETRY_MS[Math.min(this.#failures - 1, RETRY_MS.length - 1)] ?? 1_000;
  }

  #set(state: DraftState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const tell of this.#listeners) tell();
  }
}
