import type { Template } from "@/api/contract";

export type Step = "name" | "config" | "data";
export const STEPS: readonly (readonly [Step, string])[] = [
  ["name", "Name"],
  ["config", "Labeling set-up"],
  ["data", "Data"],
];

export interface WizardState {
  step: Step;
  title: string;
  description: string;
  config: string;
  /** Title of the template in use; null once the person writes their own or has not chosen. */
  template: string | null;
  /** The gallery is open; otherwise the code editor with its preview. */
  choosing: boolean;
}

export const START: WizardState = {
  step: "name",
  title: "",
  description: "",
  config: "",
  template: null,
  choosing: true,
};

export const BLANK = `<View>
  <Text name="text" value="$text"/>
  <Choices name="choice" toName="text">
    <Choice value="First"/>
    <Choice value="Second"/>
  </Choices>
</View>
`;

export type WizardAction =
  | { do: "title"; title: string }
  | { do: "description"; description: string }
  | { do: "template"; template: Template }
  | { do: "blank" }
  | { do: "config"; config: string }
  | { do: "gallery" }
  | { do: "next" }
  | { do: "back" };

export function wizard(state: WizardState, action: WizardAction): WizardState {
  switch (action.do) {
    case "title":
      return { ...state, title: action.title };
    case "description":
      return { ...state, description: action.description };
    case "template":
      return { ...state, template: action.template.title, config: action.template.config, choosing: false };
    case "blank":
      return { ...state, template: null, config: state.config || BLANK, choosing: false };
    case "config":
      return state.config === action.config ? state : { ...state, config: action.config };
    case "gallery":
      return { ...state, choosing: true };
    case "next":
      if (state.step === "name" && titleProblem(state.title) === null) return { ...state, step: "config" };
      if (state.step === "config" && state.config) return { ...state, step: "data" };
      return state;
    case "back":
      if (state.step === "config" && !state.choosing) return { ...state, choosing: true };
      return state.step === "config" ? { ...state, step: "name" } : state;
  }
}

/** Why a project cannot have this name, or null. Characters are counted as people count them. */
export function titleProblem(title: string): string | null {
  const length = [...title.trim()].length;
  if (length === 0) return "Give the project a name.";
  if (length < 3) return "The name needs at least 3 characters.";
  if (length > 50) return `The name may have 50 characters; this one has ${length}.`;
  return null;
}

/** Templates by group in the given order of groups; groups the list does not name come last. */
export function byGroup(templates: readonly Template[], groups: readonly string[]): [string, Template[]][] {
  const found = new Map<string, Template[]>(groups.map((group) => [group, []]));
  for (const template of templates) {
    const group = template.group || "Other";
    const list = found.get(group);
    if (list) list.push(template);
    else found.set(group, [template]);
  }
  return [...found].filter(([, list]) => list.length > 0);
}
