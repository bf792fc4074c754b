import type { SelectedItems } from "@/api/contract";
import type { ListSpec } from "@/api/views";

/** Tasks to label, as the data manager handed them over: a list, or what is selected in it. */
export interface StreamList {
  list: ListSpec;
  items?: SelectedItems | undefined;
  title: string;
}

const PREFIX = "labelyard.list.";

/** Keeps a list for the labeling page; a reload finds it again, another window does not. */
export function rememberList(list: StreamList): string {
  const key = Math.random().toString(36).slice(2, 10);
  sessionStorage.setItem(PREFIX + key, JSON.stringify(list));
  return key;
}

export function recallList(key: string | null): StreamList | null {
  const text = key ? sessionStorage.getItem(PREFIX + key) : null;
  if (!text) return null;
  try {
    return JSON.parse(text) as StreamList;
  } catch {
    return null;
  }
}

export function streamUrl(project: number, view: number, key: string): string {
  return `/projects/${project}/label?${view ? `view=${view}&` : ""}list=${key}`;
}
