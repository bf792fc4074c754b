import { QueryClient, queryOptions } from "@tanstack/react-query";
import { api, bodyOf } from "./client";
import type { SelectedItems } from "./contract";
import { ApiError } from "./errors";
import { type ListSpec, listBody, listKey } from "./views";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // A refusal does not change by asking again; silence may.
      retry: (count, error) =>
        count < 2 && !(error instanceof ApiError && error.status > 0 && error.status < 500),
      refetchOnWindowFocus: true,
    },
  },
});

export const projectsQuery = (page: number, title: string) =>
  queryOptions({
    queryKey: ["projects", page, title],
    queryFn: ({ signal }) =>
      bodyOf(
        api.GET("/api/projects", {
          params: { query: { page, page_size: 60, ...(title ? { title } : {}) } },
          signal,
        }),
      ),
  });

export const projectQuery = (id: number) =>
  queryOptions({
    queryKey: ["project", id],
    queryFn: ({ signal }) => bodyOf(api.GET("/api/projects/{id}", { params: { path: { id } }, signal })),
  });

export const templatesQuery = queryOptions({
  queryKey: ["templates"],
  queryFn: ({ signal }) => bodyOf(api.GET("/api/templates", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

export const columnsQuery = (project: number) =>
  queryOptions({
    queryKey: ["columns", project],
    queryFn: ({ signal }) => bodyOf(api.GET("/api/dm/columns", { params: { query: { project } }, signal })),
  });

export const TASK_PAGE = 100;

/** One page of a task list; `include` names the fields that are shown, "" all short ones. */
export const tasksQuery = (project: number, page: number, list: ListSpec, include = "") =>
  queryOptions({
    queryKey: ["tasks", project, listKey(list), page, include],
    queryFn: ({ signal }) =>
      bodyOf(
        api.GET("/api/tasks", {
          params: { query: { project, page, page_size: TASK_PAGE, ...listParams(list, include) } },
          signal,
        }),
      ),
    staleTime: 15_000,
  });

/** Query parameters of a list, as `GET /api/tasks` takes them. */
export function listParams(list: ListSpec, include: string, selected?: SelectedItems) {
  const body = { ...listBody(list), ...(selected ? { selectedItems: selected } : {}) };
  return {
    ...(include ? { include, fields: "all" as const } : {}),
    ...(Object.keys(body).length ? { query: JSON.stringify(body) } : {}),
  };
}

export const taskQuery = (id: number) =>
  queryOptions({
    queryKey: ["task", id],
    queryFn: ({ signal }) => bodyOf(api.GET("/api/tasks/{id}", { params: { path: { id } }, signal })),
    staleTime: 0,
  });

export const formatsQuery = (id: number) =>
  queryOptions({
    queryKey: ["export-formats", id],
    queryFn: ({ signal }) =>
      bodyOf(api.GET("/api/projects/{id}/export/formats", { params: { path: { id } }, signal })),
  });

export const whoamiQuery = queryOptions({
  queryKey: ["whoami"],
  queryFn: ({ signal }) => bodyOf(api.GET("/api/current-user/whoami", { signal })),
});
