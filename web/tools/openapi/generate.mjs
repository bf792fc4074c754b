// Writes src/api/schema.d.ts from web/openapi.json, the document that `labelyard` describes itself with.
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const source = new URL("../../openapi.json", import.meta.url);
const target = new URL("../../src/api/schema.d.ts", import.meta.url);
if (!existsSync(source)) {
  console.error(`${fileURLToPath(source)} is missing: run \`make openapi\` first`);
  process.exit(1);
}
const { astToString, default: openapiTS } = await import("openapi-typescript");
const document = JSON.parse(await readFile(source, "utf8"));
await writeFile(target, astToString(await openapiTS(document, { alphabetize: true })));
