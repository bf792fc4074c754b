import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { ApiError } from "@/api/errors";
import { type CheckAnswer, checkImport, startImport } from "@/api/imports";
import type { Basket, Entry } from "./basket";
import { contentOf, type ImportOptions, queryOf } from "./options";
import { noteTaken } from "./taken";

interface StartState {
  /** What was asked about, as text. */
  of: string;
  busy: "import" | "check" | null;
  /** Why the server refused, or could not be asked. */
  error: Error | null;
  checked: CheckAnswer | null;
}

export interface Start extends StartState {
  begin: () => Promise<void>;
  check: () => Promise<void>;
  cancelCheck: () => void;
}

const IDLE: StartState = { of: "", busy: null, error: null, checked: null };

interface Hooks {
  /** An import began. `putBack` brings its files back into the basket. */
  onBegun: (importId: number | undefined, putBack: () => void) => void;
}

/** Starts imports and dry runs of these entries of the basket. */
export function useStart(
  projectId: number,
  basket: Basket,
  entries: readonly Entry[],
  options: ImportOptions,
  hooks: Hooks,
): Start {
  const client = useQueryClient();
  const [state, setState] = useState<StartState>(IDLE);
  const key = useRef({ of: "", is: "" });
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);

  const content = contentOf(entries);
  const query = queryOf(options);
  const of = JSON.stringify([content, query.toString()]);

  const begin = async () => {
    // Pressed again after a lost answer it is the same import, which the server then does not start twice.
    if (key.current.of !== of) key.current = { of, is: randomKey() };
    setState({ ...IDLE, of, busy: "import" });
    try {
      const answer = await startImport(projectId, content, query, key.current.is);
      key.current = { of: "", is: "" };
      if (answer.import !== undefined) noteTaken(projectId, content.uploads, answer.import);
      const putBack = basket.taken(new Set(entries.map((entry) => entry.id)));
      setState(IDLE);
      await client.invalidateQueries({ queryKey: ["imports", projectId] });
      hooks.onBegun(answer.import, putBack);
    } catch (error) {
      // A refusal is an answer; the next try is another one.
      if (error instanceof ApiError && error.status > 0) key.current = { of: "", is: "" };
      setState({ ...IDLE, of, error: error as Error });
    }
  };

  const check = async () => {
    abort.current?.abort();
    const controller = new AbortController();
    const { signal } = controller;
    abort.current = controller;
    setState({ ...IDLE, of, busy: "check" });
    try {
      const checked = await checkImport(projectId, content, query, signal);
      setState({ ...IDLE, of, checked });
    } catch (error) {
      setState(signal.aborted ? IDLE : { ...IDLE, of, error: error as Error });
    }
  };

  // What was said about other files, or other options, is no longer true.
  const shown = state.busy !== null || state.of === of ? state : IDLE;
  return { ...shown, begin, check, cancelCheck: () => abort.current?.abort() };
}

/** 128 random bits; `randomUUID` exists on secure pages only, and not every intranet has one. */
function randomKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
