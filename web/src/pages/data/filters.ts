import type { FilterItem, Filters } from "@/api/views";
import type { Field, Kind } from "./fields";

const PREFIX = "filter:tasks:";

/** What a condition asks for besides its field. */
export type ValueEditor =
  | "text"
  | "number"
  | "moment"
  | "ago"
  | "numbers"
  | "moments"
  | "list"
  | "yesno"
  | "person"
  | "none";

/** A choice of the operator list. `fixed`: the choice decides the value too. */
export interface Choice {
  id: string;
  label: string;
  operator: string;
  editor: ValueEditor;
  fixed?: unknown;
}

const plain = (operator: string, label: string, editor: ValueEditor): Choice => ({
  id: operator,
  label,
  operator,
  editor,
});
const EMPTY: readonly Choice[] = [
  { id: "empty", label: "is empty", operator: "empty", editor: "none", fixed: true },
  { id: "filled", label: "is not empty", operator: "empty", editor: "none", fixed: false },
];

const CHOICES: Record<Kind, readonly Choice[]> = {
  text: [
    plain("contains", "contains", "text"),
    plain("not_contains", "does not contain", "text"),
    plain("equal", "is", "text"),
    plain("not_equal", "is not", "text"),
    plain("starts_with", "starts with", "text"),
    plain("ends_with", "ends with", "text"),
    plain("in_list", "is one of", "list"),
    plain("not_in_list", "is none of", "list"),
    plain("regex", "matches the pattern", "text"),
    plain("less", "sorts before", "text"),
    plain("greater", "sorts after", "text"),
    ...EMPTY,
  ],
  number: [
    plain("equal", "=", "number"),
    plain("not_equal", "≠", "number"),
    plain("less", "<", "number"),
    plain("less_or_equal", "≤", "number"),
    plain("greater", ">", "number"),
    plain("greater_or_equal", "≥", "number"),
    plain("in", "is between", "numbers"),
    plain("not_in", "is not between", "numbers"),
    plain("in_list", "is one of", "list"),
    plain("not_in_list", "is none of", "list"),
    ...EMPTY,
  ],
  moment: [
    { id: "last", label: "in the last", operator: "greater_or_equal", editor: "ago" },
    { id: "older", label: "longer ago than", operator: "less", editor: "ago" },
    plain("less", "before", "moment"),
    plain("greater", "after", "moment"),
    plain("in", "is between", "moments"),
    plain("not_in", "is not between", "moments"),
    plain("equal", "is exactly", "moment"),
    ...EMPTY,
  ],
  boolean: [plain("equal", "is", "yesno"), ...EMPTY],
  users: [
    plain("contains", "include", "person"),
    plain("not_contains", "do not include", "person"),
    { ...EMPTY[0]!, label: "is nobody" },
    { ...EMPTY[1]!, label: "is somebody" },
  ],
  ids: [plain("contains", "include", "text"), plain("not_contains", "do not include", "text"), ...EMPTY],
  versions: [plain("contains", "include", "text"), plain("not_contains", "do not include", "text"), ...EMPTY],
  results: [
    plain("contains", "contain", "text"),
    plain("not_contains", "do not contain", "text"),
    plain("regex", "match the pattern", "text"),
    plain("equal", "are exactly (JSON)", "text"),
    { ...EMPTY[0]!, label: "are empty" },
    { ...EMPTY[1]!, label: "are not empty" },
  ],
  everything: [plain("contains", "contains", "text"), plain("not_contains", "does not contain", "text")],
};

/** What the type of a condition is sent as; data has the type that the person says it has. */
const TYPES: Record<Kind, string> = {
  text: "String",
  number: "Number",
  moment: "Datetime",
  boolean: "Boolean",
  users: "List",
  ids: "String",
  versions: "List",
  results: "String",
  everything: "String",
};

/** How a data key can be compared. */
export const DATA_TYPES = [
  ["String", "text"],
  ["Number", "number"],
  ["Boolean", "yes / no"],
] as const;

export const fieldId = (item: FilterItem) => item.filter.replace(PREFIX, "");

export function kindOf(item: FilterItem, field: Field | undefined): Kind {
  if (field && !field.isData) return field.kind;
  return item.type === "Number" ? "number" : item.type === "Boolean" ? "boolean" : "text";
}

export const choicesOf = (kind: Kind): readonly Choice[] => CHOICES[kind];

/** The choice that a condition is; a spelling that this page does not offer is kept as it is. */
export function choiceOf(item: FilterItem, kind: Kind): Choice {
  const found = CHOICES[kind].find((choice) => {
    if (choice.operator !== item.operator) return false;
    if (choice.editor === "none") return (item.value !== false && item.value !== "false") === choice.fixed;
    return (choice.editor === "ago") === isAgo(item.value);
  });
  return (
    found ??
    CHOICES[kind].find((choice) => choice.operator === item.operator) ??
    plain(item.operator, item.operator.replaceAll("_", " "), "text")
  );
}

const START: Partial<Record<ValueEditor, unknown>> = { ago: "now-7d", yesno: true };

/** A fresh condition on a field. `display`: how the view shows it. */
export function conditionOn(field: Field, display?: string): FilterItem {
  const kind = field.isData && display === "Number" ? "number" : field.kind;
  return withChoice({ filter: PREFIX + field.id, type: TYPES[kind], operator: "" }, kind, CHOICES[kind][0]!);
}

/** The condition with another operator; the value stays where it means something. */
export function withChoice(item: FilterItem, kind: Kind, choice: Choice): FilterItem {
  const before = item.operator ? choiceOf(item, kind).editor : "none";
  const { value, ...rest } = item;
  const next: FilterItem = { ...rest, operator: choice.operator };
  if (choice.editor === "none") next.value = choice.fixed;
  else if (before === choice.editor) next.value = value;
  else if (START[choice.editor] !== undefined) next.value = START[choice.editor];
  else if (before === "text" && choice.editor === "list" && value) next.value = [value];
  return next;
}

/** The condition on data compared as another type. */
export function withType(item: FilterItem, type: string): FilterItem {
  const { value: _, ...rest } = item;
  const next = { ...rest, type };
  const kind = type === "Number" ? "number" : type === "Boolean" ? "boolean" : "text";
  const same = CHOICES[kind].find((choice) => choice.operator === item.operator);
  return withChoice({ ...next, operator: "" }, kind, same ?? CHOICES[kind][0]!);
}

/** A condition and those that have to hold as well, as a list. */
export function chainOf(item: FilterItem): FilterItem[] {
  const { child_filter, ...own } = item;
  return child_filter ? [own, ...chainOf(child_filter)] : [own];
}

export function link(chain: readonly FilterItem[]): FilterItem | null {
  return chain.reduceRight<FilterItem | null>(
    (child, item) => (child ? { ...item, child_filter: child } : { ...item }),
    null,
  );
}

function isRange(value: unknown): value is { min?: unknown; max?: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a condition is finished: one without a value has no effect. */
export function hasEffect(item: FilterItem): boolean {
  const { value } = item;
  if (isRange(value))
    return [value.min, value.max].some((end) => end !== undefined && end !== null && end !== "");
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== null && value !== "";
}

/** How many conditions narrow the list down. */
export function countConditions(filters: Filters): number {
  return filters.items.flatMap(chainOf).filter(hasEffect).length;
}

/** The conditions that have an effect; two filters that find the same are the same. */
export function effective(filters: Filters | undefined): Filters {
  const items = (filters?.items ?? []).flatMap((item) => link(chainOf(item).filter(hasEffect)) ?? []);
  return { conjunction: items.length > 1 ? (filters?.conjunction ?? "and") : "and", items };
}

// --- values ---------------------------------------------------------------------------------------------------

export const AGO_UNITS = [
  ["m", "minutes"],
  ["h", "hours"],
  ["d", "days"],
  ["w", "weeks"],
] as const;

export function isAgo(value: unknown): boolean {
  return typeof value === "string" && /^now-\d{1,5}[mhdw]$/.test(value);
}

export function agoParts(value: unknown): { number: string; unit: string } {
  const found = /^now-(\d{1,5})([mhdw])$/.exec(typeof value === "string" ? value : "");
  return { number: found?.[1] ?? "", unit: found?.[2] ?? "d" };
}

export const agoValue = (number: string, unit: string) =>
  /^\d{1,5}$/.test(number) ? `now-${number}${unit}` : "";

/** A time of the API as the browser's field takes it: on the clock of the person. */
export function localTime(value: unknown): string {
  const at = typeof value === "string" ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(at)) return "";
  const shifted = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

export function utcTime(local: string): string {
  const at = Date.parse(local);
  return Number.isNaN(at) ? "" : new Date(at).toISOString();
}

export function listText(value: unknown): string {
  return Array.isArray(value) ? value.join(", ") : value === undefined || value === null ? "" : String(value);
}

export function listValue(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((each) => each.trim())
    .filter(Boolean);
}
