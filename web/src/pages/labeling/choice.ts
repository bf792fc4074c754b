import type { Annotation, Prediction } from "@/api/contract";

/** What of a task is looked at: an annotation, a prediction, or what a page offers besides them. */
export type Choice<Other extends string> = Other | `annotation:${number}` | `prediction:${number}`;

/** What was made on a task. */
export interface Made {
  readonly annotations?: readonly Annotation[] | undefined;
  readonly predictions?: readonly Prediction[] | undefined;
}

/** The annotation or the prediction that is chosen; neither when it is something else, or gone. */
export function chosen(choice: string, { annotations, predictions }: Made) {
  const [kind, id] = choice.split(":");
  const isIt = (item: { id: number }) => item.id === Number(id);
  return {
    annotation: (kind === "annotation" && annotations?.find(isIt)) || null,
    prediction: (kind === "prediction" && predictions?.find(isIt)) || null,
  };
}
