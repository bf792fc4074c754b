import { attr, boolAttr } from "../config/attrs";
import { captionOf } from "../config/caption";
import { isPerRegion, optionsOf } from "../config/options";
import type { TaskData } from "../config/resolve";
import type { ConfigNode } from "../config/types";
import { isApplicable, isVisible } from "../config/visibility";
import { tagModule } from "../tags/registry";
import { usage, usageLimit } from "./labels";
import type { AnnotationStore, Problem, Region } from "./types";

/** What stands in the way of submitting, in document order of the controls. */
export function validate(store: AnnotationStore, data: TaskData = {}): Problem[] {
  return [...store.config.controls.values()].flatMap((control) => [
    ...required(control, store, data),
    ...usageProblems(control, store),
    ...(tagModule(control.tag)?.validate?.(control, store) ?? []),
  ]);
}

function required(control: ConfigNode, store: AnnotationStore, data: TaskData): Problem[] {
  if (!boolAttr(control, "required") || !tagModule(control.tag)?.codec) return [];
  if (isPerRegion(control)) return requiredPerRegion(control, store, requiredMessage(control, store, data));
  if (store.answers(control.name) || !isApplicable(control, store) || !isVisible(control, store)) return [];
  return [{ from: control.name, message: requiredMessage(control, store, data) }];
}

function requiredPerRegion(control: ConfigNode, store: AnnotationStore, message: string): Problem[] {
  const missing = [...store.regions.values()].filter(
    (region) =>
      control.toName.includes(region.to) &&
      !region.answers[control.name] &&
      appliesTo(control, store, region),
  );
  return missing.map((region) => ({
    from: control.name,
    message,
    regionId: region.id,
  }));
}

/** Whether a per-region control would be shown if this region alone were selected. */
export function appliesTo(control: ConfigNode, store: AnnotationStore, region: Region): boolean {
  return isVisible(control, {
    config: store.config,
    regions: store.regions,
    selection: new Set([region.id]),
    answers: (name) => store.answers(name),
  });
}

function requiredMessage(control: ConfigNode, store: AnnotationStore, data: TaskData): string {
  const own = attr(control, "requiredMessage");
  return own || `“${captionOf(control, store.config.root, data)}” needs an answer.`;
}

function usageProblems(control: ConfigNode, store: AnnotationStore): Problem[] {
  if (!tagModule(control.tag)?.labels) return [];
  return optionsOf(control).flatMap((option) => {
    const count = usage(store, control.name, option.stored);
    const limit = usageLimit(control, option.stored);
    if (count <= limit) return [];
    return [
      {
        from: control.name,
        message: `"${option.title}" is used ${count} times; at most ${limit} are allowed.`,
      },
    ];
  });
}
