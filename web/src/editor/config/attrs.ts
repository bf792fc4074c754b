import type { ConfigNode } from "./types";

/** Attribute by name, any case. */
export function attr(node: ConfigNode, name: string): string | undefined {
  return node.attrs[name.toLowerCase()];
}

export function boolAttr(node: ConfigNode, name: string, fallback = false): boolean {
  const raw = attr(node, name)?.trim().toLowerCase();
  if (raw === undefined || raw === "") return fallback;
  return raw === "true" || raw === "1" || raw === "yes";
}

export function numAttr(node: ConfigNode, name: string, fallback: number): number {
  const raw = attr(node, name);
  if (raw === undefined || raw.trim() === "") return fallback;
  const value = Number(raw);
  return Number.isFinite(value) ? value : fallback;
}

/** Attribute restricted to known words (any case); anything else gives the fallback. */
export function enumAttr<T extends string>(
  node: ConfigNode,
  name: string,
  words: readonly T[],
  fallback: T,
): T {
  const raw = attr(node, name)?.trim().toLowerCase();
  return words.find((word) => word.toLowerCase() === raw) ?? fallback;
}

/** Comma-separated attribute as a list of trimmed, non-empty words. */
export function listAttr(node: ConfigNode, name: string): string[] {
  return (attr(node, name) ?? "")
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}
