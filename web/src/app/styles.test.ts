import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const SOURCES = join(import.meta.dirname, "..");

/** The room that a style sheet belongs to: `ui`, `editor`, `pages/import`, … */
const roomOf = (path: string) => /^(pages\/)?[^/]+/.exec(path)?.[0] ?? path;

/** Classes that the sheet styles wherever they are: `.name {` and `.name,` but not `.quick .name`. */
function classesOf(path: string): readonly string[] {
  const source = readFileSync(join(SOURCES, path), "utf8").replaceAll(/\/\*.*?\*\//gs, "");
  const selectors = [...source.matchAll(/([^{}]+)\{/g)].flatMap(([, list]) => (list ?? "").split(","));
  return selectors.flatMap((selector) => /^\s*\.([\w-]+)\s*$/.exec(selector)?.[1] ?? []);
}

// The sheets of all pages that somebody has been to hold at once, so the same name would mean two things.
it("a class is styled by one room alone", () => {
  const rooms = new Map<string, Set<string>>();
  for (const path of readdirSync(SOURCES, { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".css")) continue;
    for (const name of classesOf(path)) rooms.set(name, (rooms.get(name) ?? new Set()).add(roomOf(path)));
  }
  expect(rooms.size).toBeGreaterThan(300);
  expect([...rooms].filter(([, owners]) => owners.size > 1)).toEqual([]);
});
