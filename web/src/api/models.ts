/** ML backends over the REST API: shapes, and one function for each thing that can be asked. */

import { send } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type Backend = Schemas["Backend"];
export type Run = Schemas["Run"];
export type RunTask = Schemas["RunTask"];
export type Tried = Schemas["TestedPrediction"];

/** What the form sets. `basic_auth_pass` is sent only when somebody typed one. */
export interface BackendFields {
  url: string;
  title: string;
  is_interactive: boolean;
  timeout: number;
  auth_method: "NONE" | "BASIC_AUTH";
  basic_auth_user: string;
  basic_auth_pass?: string;
}

const backend = (id: number) => `/api/ml/${id}`;
const json = (body: unknown): RequestInit => ({
  body: JSON.stringify(body),
  headers: { "Content-Type": "application/json" },
});

export const listBackends = (project: number, signal?: AbortSignal) =>
  send<Backend[]>("GET", `/api/ml?project=${project}`, signal ? { signal } : {});

export const createBackend = (project: number, fields: BackendFields) =>
  send<Backend>("POST", "/api/ml", json({ project, ...fields }));

export const changeBackend = (id: number, fields: Partial<BackendFields>) =>
  send<Backend>("PATCH", backend(id), json(fields));

export const deleteBackend = (id: number) => send<void>("DELETE", backend(id));

export const trainBackend = (id: number) => send<void>("POST", `${backend(id)}/train`, json({}));

export const tryBackend = (id: number) => send<Tried>("POST", `${backend(id)}/predict/test?random=true`);

export const predictAll = (id: number, again: boolean) =>
  send<Run>("POST", `${backend(id)}/predict`, json({ again }));

/** The newest run of a backend, null before the first one. */
export const lastRun = async (id: number, signal?: AbortSignal): Promise<Run | null> => {
  const page = await send<{ results: Run[] }>(
    "GET",
    `${backend(id)}/runs?page_size=1`,
    signal ? { signal } : {},
  );
  return page.results[0] ?? null;
};

export const cancelRun = (run: Run) => send<Run>("POST", `${backend(run.backend)}/runs/${run.id}/cancel`);

/** The first tasks that a run could not predict for, each with the reason. */
export const failedTasks = (run: Run, signal?: AbortSignal) =>
  send<{ count: number; results: RunTask[] }>(
    "GET",
    `${backend(run.backend)}/runs/${run.id}/tasks?state=failed&page_size=20`,
    signal ? { signal } : {},
  );

/** Model version → how many predictions of the project name it. */
export const modelVersions = (project: number, signal?: AbortSignal) =>
  send<Record<string, number>>("GET", `/api/projects/${project}/model-versions`, signal ? { signal } : {});
