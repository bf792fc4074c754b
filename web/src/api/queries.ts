import { QueryClient, queryOptions } from "@tanstack/react-query";
import { api, bodyOf } from "./client";
import { ApiError } from "./errors";

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

/** One page of the task table; `ordering` is "" or a column with an optional leading minus. */
export const tasksQuery = (project: number, page: number, ordering: string) =>
  queryOptions({
    queryKey: ["tasks", project, ordering, page],
    queryFn: ({ signal }) =>
      bodyOf(
        api.GET("/api/tasks", {
          params: {
            query: {
              project,
              page,
              page_size: TASK_PAGE,
              ...(ordering ? { query: JSON.stringify({ ordering: [orderingName(ordering)] }) } : {}),
            },
          },
          signal,
        }),
      ),
    staleTime: 15_000,
  });

function orderingName(ordering: string): string {
  return ordering.startsWith("-") ? `-tasks:${ordering.slice(1)}` : `tasks:${ordering}`;
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
