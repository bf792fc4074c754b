import type { Action, Delivery, Webhook } from "@/api/webhooks";
import { ago } from "@/ui/format";

/** What is shown in the place of the value of a header that is kept. */
export const KEPT = "••••••••";

/** An action in words. The name of one is too like that of its neighbour. */
export function nameOf(name: string, actions: Readonly<Record<string, Action>>): string {
  return name === "ANNOTATIONS_CREATED" ? "Annotations made in bulk" : (actions[name]?.name ?? name);
}

/** What a webhook hears of, in a few words. */
export function heard(hook: Webhook, actions: Readonly<Record<string, Action>>): string {
  if (hook.send_for_all_actions) return "Everything";
  const names = hook.actions.map((name) => nameOf(name, actions));
  if (names.length === 0) return "Nothing yet";
  return names.length > 3 ? `${names.slice(0, 2).join(", ")} and ${names.length - 2} more` : names.join(", ");
}

/** Actions that can be chosen, under headings. Labels of a library are not linked to projects yet. */
export function groups(
  actions: Readonly<Record<string, Action>>,
  ofProject: boolean,
): [heading: string, names: string[]][] {
  const found = new Map<string, string[]>();
  for (const [name, action] of Object.entries(actions)) {
    if (action.key === "label_link" || (ofProject && action["organization-only"])) continue;
    const heading = HEADINGS[action.key] ?? "Other";
    found.set(heading, [...(found.get(heading) ?? []), name]);
  }
  return [...found];
}

const HEADINGS: Record<string, string> = {
  project: "Projects",
  tasks: "Tasks",
  annotation: "Annotations",
  annotations: "Annotations",
};

export type Tone = "ok" | "warn" | "danger" | "";

/** How a delivery went: a word, and its tone. */
export function outcome(delivery: Delivery): [word: string, tone: Tone] {
  if (delivery.state === "delivered") return ["Delivered", "ok"];
  if (delivery.state === "failed") return ["Given up", "danger"];
  return delivery.attempts === 0 ? ["Waiting", ""] : ["Trying again", "warn"];
}

/** What came back: "200", "No answer", or nothing before the first try. */
export function answer(delivery: Delivery): string {
  if (delivery.attempts === 0) return "";
  return delivery.status_code === null ? "No answer" : String(delivery.status_code);
}

/** When the next try is, in words. */
export function nextTry(iso: string, now: number = Date.now()): string {
  return Date.parse(iso) - now < 60_000 ? "in less than a minute" : ago(iso, now);
}

/** Seconds as "84 ms" or "1.2 s". */
export function latency(seconds: number | null): string {
  if (seconds === null) return "";
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
}

export interface HeaderRow {
  key: number;
  name: string;
  value: string;
}

/** The rows of the form as the API takes them; rows without a name are left out. */
export function headersOf(rows: readonly HeaderRow[]): Record<string, string> {
  return Object.fromEntries(rows.filter((row) => row.name.trim()).map((row) => [row.name.trim(), row.value]));
}

/** Why an address cannot be one, or null; what may be called is for the server to say. */
export function addressProblem(text: string): string | null {
  if (!text.trim()) return "Where should it be sent?";
  try {
    return /^https?:$/.test(new URL(text.trim()).protocol)
      ? null
      : "The address begins with https:// or http://";
  } catch {
    return "A whole address, like https://hooks.example.org/labels";
  }
}

/** 256 random bits as text that can be pasted anywhere. */
export function randomSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes)).replace(
    /[+/=]/g,
    (char) => ({ "+": "-", "/": "_" })[char] ?? "",
  );
}
