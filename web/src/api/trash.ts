/** Deleted tasks that can be brought back, over the REST API. */

import { send } from "./client";
import type { components } from "./schema";

export type Deletion = components["schemas"]["Deletion"];

const of = (project: number) => `/api/projects/${project}/deletions`;

export const listDeletions = (project: number, signal?: AbortSignal) =>
  send<Deletion[]>("GET", of(project), signal ? { signal } : {});

export const restoreDeletion = (project: number, deletion: number) =>
  send<{ restored: number }>("POST", `${of(project)}/${deletion}/restore`);

export const forgetDeletion = (project: number, deletion: number) =>
  send<void>("DELETE", `${of(project)}/${deletion}`);
