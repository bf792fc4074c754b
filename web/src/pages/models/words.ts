/** How models and their runs are put into words. */

import type { Backend, Run } from "@/api/models";
import { count, plural } from "@/ui/format";

type Tone = "ok" | "warn" | "danger" | "";

/** State of a model as a word and its tone. */
export function stateOf(backend: Pick<Backend, "state" | "readable_state">): [word: string, tone: Tone] {
  switch (backend.state) {
    case "CO":
      return ["Connected", "ok"];
    case "DI":
      return ["Not reachable", "danger"];
    case "ER":
      return ["Error", "danger"];
    default:
      return [backend.readable_state, "warn"];
  }
}

export const isLive = (run: Pick<Run, "status"> | null | undefined): boolean =>
  run?.status === "created" || run?.status === "in_progress";

/** How far a run is, 0..1; null while it still gathers its tasks. */
export function progressOf(run: Run): number | null {
  return run.total ? (run.total - run.waiting) / run.total : null;
}

/** What a run did or is doing, in one line. */
export function toldOf(run: Run): string {
  const parts = [`${count(run.predicted)} predicted`];
  if (run.skipped) parts.push(`${count(run.skipped)} had predictions already`);
  if (run.failed) parts.push(`${count(run.failed)} failed`);
  const said = `${parts.join(", ")} of ${plural(run.total, "task")}`;
  if (isLive(run)) return said;
  if (run.status === "cancelled") return `Stopped: ${said}`;
  if (run.status === "failed") return `Gave up: ${said}`;
  return `Done: ${said}`;
}

/** Why an address cannot be one, null when it may be. */
export function addressProblem(text: string): string | null {
  if (!text.trim()) return "Where does the model server listen?";
  try {
    return /^https?:$/.test(new URL(text.trim()).protocol)
      ? null
      : "The address begins with https:// or http://";
  } catch {
    return "A whole address, like http://localhost:9090";
  }
}
