import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const file = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const description = file("../../openapi.json");

/** Paths and methods that this app calls, read from the source of the contract: "post /api/tasks/{}/drafts". */
function called(): string[] {
  const source = readFileSync(file("./contract.ts"), "utf8");
  const body = source.slice(source.indexOf("export interface paths"));
  return body.split(/^ {2}(?=")/m).flatMap((entry) => {
    const path = /^"([^"]+)"/.exec(entry)?.[1] ?? "";
    return [...entry.matchAll(/\b(get|post|patch|put|delete): (?:Read|Write)</g)].map(
      ([, method]) => `${method} ${anonymous(path)}`,
    );
  });
}

const anonymous = (path: string) => path.replaceAll(/\{[^}]*\}/g, "{}");

// The server writes its description; without one (front end alone) there is nothing to compare with.
describe.skipIf(!existsSync(description))("the server's own description", () => {
  it("has every operation that this app calls", () => {
    const { paths } = JSON.parse(readFileSync(description, "utf8")) as { paths: Record<string, object> };
    const offered = new Set(
      Object.entries(paths).flatMap(([path, operations]) =>
        Object.keys(operations).map((method) => `${method} ${anonymous(path)}`),
      ),
    );
    const wanted = called();
    expect(wanted.length).toBeGreaterThan(35);
    expect(wanted.filter((operation) => !offered.has(operation))).toEqual([]);
  });
});
