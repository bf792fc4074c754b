import type { AnswerRecord } from "./load";
import type { Op } from "./types";

export interface AnswerOp {
  readonly from: string;
  readonly before: AnswerRecord | null;
  readonly after: AnswerRecord | null;
}

/** One undo step. */
export interface Step {
  readonly label: string;
  readonly ops: readonly Op[];
  readonly answers: readonly AnswerOp[];
}

/** What takes the step back: everything swapped, last op first, so that positions in the order fit again. */
export function invert(step: Step): Step {
  return {
    label: step.label,
    ops: step.ops.map(({ before, after, ...rest }) => ({ ...rest, before: after, after: before })).reverse(),
    answers: step.answers
      .map(({ from, before, after }) => ({ from, before: after, after: before }))
      .reverse(),
  };
}

export class History {
  private readonly past: Step[] = [];
  private future: Step[] = [];

  push(step: Step): void {
    this.past.push(step);
    this.future = [];
  }

  /** The step to apply in order to undo, or null. */
  back(): Step | null {
    const step = this.past.pop();
    if (!step) return null;
    this.future.push(step);
    return invert(step);
  }

  forward(): Step | null {
    const step = this.future.pop();
    if (!step) return null;
    this.past.push(step);
    return step;
  }

  get undoLabel(): string | null {
    return this.past.at(-1)?.label ?? null;
  }

  get redoLabel(): string | null {
    return this.future.at(-1)?.label ?? null;
  }
}
