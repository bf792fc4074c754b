import { useEffect, useState } from "react";
import { api } from "@/api/client";
import { ApiError, errorText } from "@/api/errors";

export interface ConfigProblem {
  /** Line counted from 1, when the server names one. */
  line: number | null;
  message: string;
}

export interface ConfigCheck {
  state: "checking" | "good" | "bad" | "unknown";
  problems: ConfigProblem[];
  /** The text that this answer is about. */
  config: string;
}

export function toProblem(message: string): ConfigProblem {
  const match = /\bline[ :]+(\d+)/i.exec(message);
  return { line: match ? Number(match[1]) : null, message };
}

export function problemsOf(error: unknown): ConfigProblem[] {
  if (!(error instanceof ApiError)) return [{ line: null, message: errorText(error) }];
  const raw = error.fields.label_config ?? Object.values(error.fields).flat();
  return (raw.length ? raw : error.messages).map(toProblem);
}

/** A set-up that is checked for the project whose annotations it would hold for, and which has `stored` so far. */
export interface ConfigOwner {
  id: number;
  stored: string;
}

/** Asks the server about the set-up 350 ms after the last change; only the newest answer counts. */
export function useConfigCheck(config: string, owner?: ConfigOwner): ConfigCheck {
  const projectId = owner?.id;
  const stored = owner?.stored;
  const [check, setCheck] = useState<ConfigCheck>({ state: "checking", problems: [], config });
  // With another stored set-up annotations may have changed too, so the same text is asked about again.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => {
    if (config.trim() === "") {
      setCheck({ state: "bad", problems: [{ line: null, message: "The set-up is empty." }], config });
      return;
    }
    const abort = new AbortController();
    setCheck((before) => ({ ...before, state: "checking" }));
    const timer = setTimeout(async () => {
      try {
        const body = { label_config: config };
        if (projectId === undefined) await api.POST("/api/projects/validate", { body, signal: abort.signal });
        else
          await api.POST("/api/projects/{id}/validate", {
            params: { path: { id: projectId } },
            body,
            signal: abort.signal,
          });
        setCheck({ state: "good", problems: [], config });
      } catch (error) {
        if (abort.signal.aborted) return;
        const known = error instanceof ApiError && error.status >= 400 && error.status < 500;
        setCheck({ state: known ? "bad" : "unknown", problems: problemsOf(error), config });
      }
    }, 350);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [config, projectId, stored]);
  return check;
}
