import type { ReadOptions, ServerUpload } from "@/api/imports";
import { type FoundFile, nameOfAddress } from "./files";
import { RateMeter, secondsLeft } from "./rate";
import type { Running, Transfer } from "./transfer";

/** `interrupted`: the server has a part of it, and this page needs the file again to go on. */
export type EntryState = "waiting" | "sending" | "paused" | "interrupted" | "failed" | "ready";

/** One file, or one web address, that is going to be imported. Replaced at every change, never changed. */
export interface Entry {
  readonly id: number;
  readonly name: string;
  /** Folders it was dropped in, each with a slash at its end. */
  readonly folder: string;
  /** Bytes; 0 for an address. */
  readonly size: number;
  readonly state: EntryState;
  /** Bytes that the server has. */
  readonly sent: number;
  /** Bytes a second. */
  readonly rate: number | null;
  /** Seconds. */
  readonly eta: number | null;
  /** The connection is lost; it is tried again and again. */
  readonly retrying: boolean;
  readonly messages: readonly string[];
  readonly uploadId: string | null;
  /** The web address, when it is one and no file. */
  readonly address: string | null;
  readonly read: ReadOptions;
}

export interface Totals {
  readonly files: number;
  readonly ready: number;
  /** Waiting or being sent. */
  readonly open: number;
  readonly failed: number;
  readonly size: number;
  readonly sent: number;
  readonly rate: number | null;
  readonly eta: number | null;
}

const PARALLEL = 3;
const PROGRESS_MS = 120;

/** What is going to be imported: sends files three at a time and keeps one record for each. */
export class Basket {
  #entries = new Map<number, Entry>();
  #files = new Map<number, File>();
  #running = new Map<number, Running>();
  #meters = new Map<number, RateMeter>();
  #meter = new RateMeter();
  /** Bytes sent since the page was opened; only grows. */
  #moved = 0;
  #nextId = 1;
  #listeners = new Set<() => void>();
  #snapshot: readonly Entry[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #restored: Promise<void> | undefined;

  constructor(
    private readonly transfer: Transfer,
    /** Told of files that are in the basket already. */
    private readonly onDouble: (name: string) => void = () => {},
  ) {}

  entries = (): readonly Entry[] => this.#snapshot;

  subscribe = (tell: () => void): (() => void) => {
    this.#listeners.add(tell);
    return () => this.#listeners.delete(tell);
  };

  /** Brings back what the server kept from an earlier visit; asks only once. */
  restore(): Promise<void> {
    this.#restored ??= this.transfer.list().then(
      (kept) => {
        for (const upload of kept) this.#restoreOne(upload);
        this.#publish();
      },
      // Nothing to go on with then; the page can do without.
      () => {},
    );
    return this.#restored;
  }

  /** Takes out what the server no longer has, because another page imported it or a day has passed. */
  async prune(): Promise<void> {
    const before = this.#snapshot.filter((entry) => entry.state === "ready" && entry.uploadId);
    if (before.length === 0) return;
    const kept = await this.transfer.list().catch(() => null);
    if (!kept) return;
    const ids = new Set(kept.map((upload) => upload.id));
    for (const entry of before) if (!ids.has(entry.uploadId ?? "")) this.#drop(entry.id);
    this.#publish();
  }

  add(found: readonly FoundFile[]): void {
    const partials = [...this.#entries.values()].filter((entry) => entry.state === "interrupted");
    for (const { file, folder } of found) {
      const at = partials.findIndex((entry) => entry.name === file.name && entry.size === file.size);
      const [partial] = at < 0 ? [] : partials.splice(at, 1);
      const id = partial?.id ?? this.#nextId++;
      this.#files.set(id, file);
      const old = partial ? { uploadId: partial.uploadId, sent: partial.sent, read: partial.read } : {};
      this.#entries.set(id, { ...blank(id, file.name, file.size), folder, ...old });
    }
    this.#pump();
    this.#publish();
  }

  addAddresses(addresses: readonly string[]): void {
    const known = new Set([...this.#entries.values()].map((entry) => entry.address));
    for (const address of addresses) {
      if (known.has(address)) continue;
      const id = this.#nextId++;
      this.#entries.set(id, { ...blank(id, nameOfAddress(address), 0), address, state: "ready" });
    }
    this.#publish();
  }

  pause(id: number): void {
    const entry = this.#entries.get(id);
    if (entry?.state !== "sending" && entry?.state !== "waiting") return;
    this.#stop(id)?.stop();
    this.#change(id, { state: "paused", rate: null, eta: null, retrying: false });
    this.#pump();
  }

  /** Goes on with what was paused, or tries again what was refused. */
  resume(id: number): void {
    const entry = this.#entries.get(id);
    if (!this.#files.has(id) || (entry?.state !== "paused" && entry?.state !== "failed")) return;
    this.#change(id, { state: "waiting", messages: [] });
    this.#pump();
  }

  retryAll(): void {
    for (const entry of [...this.#entries.values()]) if (entry.state === "failed") this.resume(entry.id);
  }

  /** Takes an entry out, and off the server. The returned function puts a file back. */
  remove(id: number): () => void {
    const entry = this.#entries.get(id);
    const file = this.#files.get(id);
    const running = this.#stop(id);
    if (running) running.cancel();
    else if (entry?.uploadId) void this.transfer.remove(entry.uploadId).catch(() => {});
    this.#drop(id);
    this.#pump();
    this.#publish();
    return () => {
      if (entry?.address) this.addAddresses([entry.address]);
      else if (file) this.add([{ file, folder: entry?.folder ?? "" }]);
    };
  }

  /** The file of an entry, when it came in during this visit. */
  fileOf(id: number): File | undefined {
    return this.#files.get(id);
  }

  /** Says how an entry is to be read. */
  read(id: number, read: ReadOptions): void {
    this.#change(id, { read });
  }

  /** Entries that an import took leave the basket. The returned function puts them back, to be tried again. */
  taken(ids: ReadonlySet<number>): () => void {
    const gone = [...ids].flatMap((id) => {
      const entry = this.#entries.get(id);
      return entry ? [{ entry, file: this.#files.get(id) }] : [];
    });
    for (const id of ids) this.#drop(id);
    this.#publish();
    return () => {
      for (const { entry, file } of gone) {
        if (entry.address) this.#entries.set(entry.id, entry);
        else if (file) {
          this.#files.set(entry.id, file);
          this.#entries.set(entry.id, {
            ...blank(entry.id, entry.name, entry.size),
            folder: entry.folder,
            read: entry.read,
          });
        }
      }
      this.#pump();
      this.#publish();
    };
  }

  totals(): Totals {
    const all = this.#snapshot;
    const open = all.filter((entry) => entry.state === "waiting" || entry.state === "sending");
    const left = open.reduce((sum, entry) => sum + entry.size - entry.sent, 0);
    const rate = open.length > 0 ? this.#meter.rate() : null;
    return {
      files: all.length,
      ready: all.filter((entry) => entry.state === "ready").length,
      open: open.length,
      failed: all.filter((entry) => entry.state === "failed").length,
      size: all.reduce((sum, entry) => sum + entry.size, 0),
      sent: all.reduce((sum, entry) => sum + entry.sent, 0),
      rate,
      eta: secondsLeft(left, rate),
    };
  }

  get sending(): boolean {
    return this.#running.size > 0;
  }

  #restoreOne(upload: ServerUpload): void {
    if ([...this.#entries.values()].some((entry) => entry.uploadId === upload.id)) return;
    const id = this.#nextId++;
    this.#entries.set(id, {
      ...blank(id, upload.name, upload.size),
      state: upload.is_finished ? "ready" : "interrupted",
      sent: upload.offset,
      uploadId: upload.id,
    });
  }

  #pump(): void {
    if (this.#running.size >= PARALLEL) return;
    for (const entry of this.#entries.values()) {
      if (entry.state !== "waiting") continue;
      this.#start(entry.id);
      if (this.#running.size >= PARALLEL) return;
    }
  }

  #start(id: number): void {
    const file = this.#files.get(id);
    const before = this.#entries.get(id)?.uploadId ?? null;
    if (!file) return;
    if (this.#running.size === 0) this.#meter.restart();
    const meter = new RateMeter();
    this.#meters.set(id, meter);
    let last: number | null = null;
    this.#change(id, { state: "sending", messages: [], retrying: false });
    const running = this.transfer.start(file, {
      progress: (sent) => {
        // The first figure is what the server had already, if anything.
        if (last !== null && sent > last) this.#moved += sent - last;
        last = sent;
        meter.add(sent);
        this.#meter.add(this.#moved);
        const rate = meter.rate();
        this.#change(id, { sent, rate, eta: secondsLeft(file.size - sent, rate), retrying: false }, true);
      },
      known: (uploadId) => this.#change(id, { uploadId }, true),
      waiting: () => {
        meter.restart();
        last = null;
        this.#change(id, { retrying: true, rate: null, eta: null });
      },
      done: (uploadId) => this.#done(id, uploadId, before),
      failed: (messages) => {
        this.#stop(id);
        this.#change(id, { state: "failed", messages, rate: null, eta: null, retrying: false });
        this.#pump();
      },
    });
    this.#running.set(id, running);
  }

  #done(id: number, uploadId: string, before: string | null): void {
    const entry = this.#entries.get(id);
    this.#stop(id);
    if (entry) {
      // A part from an earlier visit that could not be used: the file has changed since, or the browser.
      if (before && before !== uploadId) void this.transfer.remove(before).catch(() => {});
      const double = [...this.#entries.values()].find((one) => one.id !== id && one.uploadId === uploadId);
      if (double?.state === "ready") {
        this.#drop(id);
        this.onDouble(entry.name);
      } else {
        if (double) this.#drop(double.id);
        this.#change(id, {
          state: "ready",
          uploadId,
          sent: entry.size,
          rate: null,
          eta: null,
          retrying: false,
        });
      }
    }
    this.#pump();
    this.#publish();
  }

  #stop(id: number): Running | undefined {
    const running = this.#running.get(id);
    this.#running.delete(id);
    this.#meters.delete(id);
    return running;
  }

  #drop(id: number): void {
    this.#entries.delete(id);
    this.#files.delete(id);
  }

  #change(id: number, patch: Partial<Entry>, quietly = false): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.set(id, { ...entry, ...patch });
    if (!quietly) this.#publish();
    // Progress of many files is told together.
    else this.#timer ??= setTimeout(() => this.#publish(), PROGRESS_MS);
  }

  #publish(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#snapshot = [...this.#entries.values()];
    for (const tell of this.#listeners) tell();
  }
}

function blank(id: number, name: string, size: number): Entry {
  return {
    id,
    name,
    folder: "",
    size,
    state: "waiting",
    sent: 0,
    rate: null,
    eta: null,
    retrying: false,
    messages: [],
    uploadId: null,
    address: null,
    read: {},
  };
}
