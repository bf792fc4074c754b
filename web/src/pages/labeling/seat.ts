import type { Annotation, Draft, Prediction, Project, ResultItem, Task, UserRef } from "@/api/contract";

/** One sitting at one task: what the editor starts with and what a submit will be. */
export interface Seat {
  /** Unique per sitting, so that coming back to a task makes a fresh editor. */
  readonly key: string;
  readonly task: Task;
  /** Set when an existing annotation is being changed; null for a new one. */
  readonly annotation: Annotation | null;
  readonly draft: Draft | null;
  readonly prediction: Prediction | null;
  readonly initial: ResultItem[];
  /** Seconds spent on it before this sitting. */
  readonly spent: number;
  readonly openedAt: number;
}

/** How pages ask for what an open answer depends on: fresh at the start, then left alone. */
export const SITTING = { staleTime: 0, refetchOnWindowFocus: false, refetchOnReconnect: false } as const;

let sittings = 0;

export function makeSeat(
  task: Task,
  parts: { annotation?: Annotation | null; draft?: Draft | null; prediction?: Prediction | null },
  initial?: ResultItem[],
): Seat {
  const { annotation = null, draft = null, prediction = null } = parts;
  sittings += 1;
  return {
    key: `${task.id}-${sittings}`,
    task,
    annotation,
    draft,
    prediction,
    initial: initial ?? draft?.result ?? annotation?.result ?? prediction?.result ?? [],
    spent: draft?.lead_time ?? annotation?.lead_time ?? 0,
    openedAt: Date.now(),
  };
}

/** A task fresh from the queue: the person's own draft first, then the prediction the project wants shown. */
export function seatForNext(task: Task, project: Project): Seat {
  const draft = task.drafts?.find((item) => item.annotation === null) ?? null;
  return makeSeat(task, { draft, prediction: draft ? null : startPrediction(task, project) });
}

export function startPrediction(task: Task, project: Project): Prediction | null {
  if (!project.show_collab_predictions) return null;
  const list = task.predictions ?? [];
  const wanted = project.model_version
    ? list.filter((item) => item.model_version === project.model_version)
    : list;
  return wanted.reduce<Prediction | null>(
    (newest, item) => (newest && newest.id > item.id ? newest : item),
    null,
  );
}

export function leadTime(seat: Seat, now: number = Date.now()): number {
  return Math.round((seat.spent + (now - seat.openedAt) / 1000) * 1000) / 1000;
}

export function ownerName(owner: number | UserRef | null): string {
  if (owner === null || owner === undefined) return "unknown";
  if (typeof owner === "number") return `user ${owner}`;
  return [owner.first_name, owner.last_name].filter(Boolean).join(" ") || owner.email;
}

/** What a prediction is called: its model and its score. */
export function guessName(prediction: Prediction): string {
  const score = prediction.score === null ? "" : `, score ${prediction.score.toFixed(2)}`;
  return `${prediction.model_version || "model"}${score}`;
}

/** Why this result cannot be submitted, in the project's rules; the editor checks the set-up's own rules. */
export function emptyProblem(result: readonly ResultItem[], project: Project): string | null {
  if (result.length > 0 || project.enable_empty_annotation) return null;
  return "This project does not accept an empty answer. Mark something, or skip the task.";
}
