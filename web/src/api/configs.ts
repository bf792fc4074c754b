/** Versions and migrations of label configs over the REST API. */

import { send } from "./client";
import type { Project } from "./contract";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type ConfigVersion = Schemas["ConfigVersion"];
export type ConfigVersionText = Schemas["ConfigVersionText"];
export type Migration = Schemas["Migration"];
export type MigrationPreview = Schemas["MigrationPreview"];

/** A label (null: none) for what also has the label in `where`, in the same region or else the same answer. */
export interface LabelTarget {
  label: string | null;
  where?: { control: string; label: string };
}

/**
 * A new config, and what becomes of controls and labels of the old one: a new name, or null to drop them. A list splits a
 * label: the first that holds counts, and where none does it stays.
 */
export interface MigrationRules {
  label_config: string;
  controls: Readonly<Record<string, string | null>>;
  labels: Readonly<Record<string, Readonly<Record<string, string | null | readonly LabelTarget[]>>>>;
}

/** What the results of a project use: control → label → number of annotations, or drafts. */
export interface Usage {
  /** By "control|object|type". */
  created_annotations: Readonly<Record<string, number>>;
  created_labels: Readonly<Record<string, Readonly<Record<string, number>>>>;
  created_labels_drafts: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const of = (project: number, path: string) => `/api/projects/${project}/${path}`;
const json = (body: unknown): RequestInit => ({
  body: JSON.stringify(body),
  headers: { "Content-Type": "application/json" },
});
const RUNNING: ReadonlySet<string> = new Set(["in_progress", "undoing"]);
const POLL_MS = 1_000;

export const readUsage = (project: number) => send<Usage>("GET", of(project, "summary"));

export const listVersions = (project: number, signal?: AbortSignal) =>
  send<ConfigVersion[]>("GET", of(project, "config-versions?limit=200"), signal ? { signal } : {});

export const readVersion = (project: number, version: number, signal?: AbortSignal) =>
  send<ConfigVersionText>("GET", of(project, `config-versions/${version}`), signal ? { signal } : {});

export const restoreConfig = (project: number, version: number) =>
  send<Project>("POST", of(project, `config-versions/${version}/restore`));

export const listMigrations = (project: number, signal?: AbortSignal) =>
  send<Migration[]>("GET", of(project, "config-migrations"), signal ? { signal } : {});

export const tryMigration = (project: number, rules: MigrationRules, signal?: AbortSignal) =>
  send<MigrationPreview>("POST", of(project, "config-migrations"), {
    ...json({ ...rules, dry_run: true }),
    ...(signal ? { signal } : {}),
  });

/** Done when it answers, however long that takes. */
export const migrate = async (project: number, rules: MigrationRules) =>
  finished(project, await send<Migration>("POST", of(project, "config-migrations"), json(rules)));

export const undoMigration = async (project: number, migration: number) =>
  finished(project, await send<Migration>("POST", of(project, `config-migrations/${migration}/undo`)));

async function finished(project: number, begun: Migration): Promise<Migration> {
  let now = begun;
  while (RUNNING.has(now.status)) {
    await new Promise((done) => setTimeout(done, POLL_MS));
    now = await send<Migration>("GET", of(project, `config-migrations/${now.id}`));
  }
  if (now.status === "failed") throw new Error(now.error ?? "The migration failed.");
  return now;
}
