import { useQueries } from "@tanstack/react-query";
import { useRef } from "react";
import { type FilePreview, previewImport } from "@/api/imports";
import type { Entry } from "./basket";
import { contentOf, type ImportOptions, tablesQuery } from "./options";

const PARALLEL = 2;
/** Beyond these many, files are looked into when they are selected. */
const EAGER = 100;
const MEDIA = /\.(bmp|gif|jpe?g|png|svg|webp|flac|m4a|mp3|ogg|wav|mp4|webm|pdf)$/i;

export interface PreviewState {
  /** One for each file inside: an archive has many. */
  previews: FilePreview[] | undefined;
  loading: boolean;
  error: Error | null;
  retry: () => void;
}

let running = 0;
const queue: (() => void)[] = [];

/** Lets only two previews be made at a time, so that files that are still being sent have connections left. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= PARALLEL) await new Promise<void>((next) => queue.push(next));
  running += 1;
  try {
    return await work();
  } finally {
    running -= 1;
    queue.shift()?.();
  }
}

export const isMedia = (entry: Entry): boolean => MEDIA.test(entry.name);

/** The beginning of every file that is sent, by entry; media and what comes late only when selected. */
export function usePreviews(
  projectId: number,
  entries: readonly Entry[],
  options: ImportOptions,
  selected: number | undefined,
): Map<number, PreviewState> {
  const ready = entries.filter((entry) => entry.state === "ready");
  const eager = ready.filter((entry) => !isMedia(entry)).slice(0, EAGER);
  const also = ready.find((entry) => entry.id === selected);
  const wanted = also && !eager.includes(also) ? [...eager, also] : eager;
  const query = tablesQuery(options);
  const shown = useRef(new Map<number, FilePreview[]>());
  return useQueries({
    queries: wanted.map((entry) => ({
      queryKey: ["import-preview", projectId, entry.uploadId ?? entry.address, entry.read, query.toString()],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        inTurn(() => previewImport(projectId, contentOf([entry]), query, signal)),
      // An upload does not change.
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
    })),
    combine: (results) => {
      const states = new Map<number, PreviewState>();
      results.forEach((result, at) => {
        const id = wanted[at]?.id ?? 0;
        if (result.data) shown.current.set(id, result.data);
        states.set(id, {
          // What was shown stays until the next is there, so that nothing jumps when an option is changed.
          previews: result.data ?? (result.error ? undefined : shown.current.get(id)),
          loading: result.isFetching,
          error: result.error,
          retry: () => void result.refetch(),
        });
      });
      return states;
    },
  });
}
