/** Views (tabs), lists of tasks and actions on them over the REST API. */

import { queryOptions } from "@tanstack/react-query";
import { api, bodyOf } from "./client";
import type { UserRef } from "./contract";
import type { operations } from "./schema";

/** One condition; those under `child_filter` have to hold as well. */
export interface FilterItem {
  filter: string;
  type: string;
  operator: string;
  value?: unknown;
  child_filter?: FilterItem | undefined;
}

export interface Filters {
  conjunction: "and" | "or";
  items: FilterItem[];
}

/** What a view keeps. The names are those of the API, where other clients keep theirs too. */
export interface ViewData {
  title?: string;
  filters?: Filters;
  ordering?: string[];
  hiddenColumns?: { explore?: string[]; labeling?: string[] };
  columnsOrder?: string[];
  columnsWidth?: Record<string, number>;
  columnsDisplayType?: Record<string, string>;
  [other: string]: unknown;
}

export interface View {
  id: number;
  data: ViewData;
  order: number;
  user: number | null;
  project: number;
}

/** What can be done to many tasks at once. */
export interface Action {
  id: string;
  title: string;
  order: number;
  dialog: { type: string; title: string; text: string };
  reload?: boolean;
}

export interface ActionField {
  type: "select" | "input";
  name: string;
  label?: string;
  options?: (string | { value: string; label: string })[];
  value?: string | null;
  placeholder?: string;
}

export type ActionBody = NonNullable<
  operations["do_action_api_dm_actions_post"]["requestBody"]
>["content"]["application/json"];

/** Which tasks a list shows, in which order. Two lists with the same `key` are the same list. */
export interface ListSpec {
  readonly filters: Filters;
  readonly ordering: readonly string[];
  readonly displayTypes: Readonly<Record<string, string>>;
  readonly search: string;
}

export const EVERYTHING: ListSpec = {
  filters: { conjunction: "and", items: [] },
  ordering: [],
  displayTypes: {},
  search: "",
};

/** The list as actions and the next task take it. */
export function listBody(list: ListSpec): ActionBody {
  return {
    ...(list.filters.items.length ? { filters: list.filters } : {}),
    ...(list.ordering.length ? { ordering: [...list.ordering] } : {}),
    ...(Object.keys(list.displayTypes).length ? { columnsDisplayType: list.displayTypes } : {}),
    ...(list.search ? { search: list.search } : {}),
  };
}

export function listKey(list: ListSpec): string {
  const body = listBody(list);
  return Object.keys(body).length ? JSON.stringify(body) : "";
}

export const viewsQuery = (project: number) =>
  queryOptions({
    queryKey: ["views", project],
    queryFn: ({ signal }) =>
      bodyOf(api.GET("/api/dm/views", { params: { query: { project } }, signal })).then((views) =>
        views.map((view) => ({ ...view, data: view.data ?? {} })),
      ),
    // The page changes its copy as the person does, ahead of the server.
    refetchOnWindowFocus: false,
  });

export const actionsQuery = (project: number) =>
  queryOptions({
    queryKey: ["actions", project],
    queryFn: ({ signal }) => bodyOf(api.GET("/api/dm/actions", { params: { query: { project } }, signal })),
    staleTime: 60_000,
  });

export const actionFormQuery = (project: number, id: string) =>
  queryOptions({
    queryKey: ["action-form", project, id],
    queryFn: ({ signal }) =>
      bodyOf(api.GET("/api/dm/actions/{id}/form", { params: { path: { id }, query: { project } }, signal })),
    staleTime: 0,
  });

export const peopleQuery = queryOptions({
  queryKey: ["people"],
  queryFn: ({ signal }) => bodyOf(api.GET("/api/users", { signal })),
  staleTime: 60_000,
});

export function personName(person: UserRef | undefined, id: number): string {
  if (!person) return `User ${id}`;
  return [person.first_name, person.last_name].filter(Boolean).join(" ") || person.email;
}
