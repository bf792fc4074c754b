import type { QueryClient } from "@tanstack/react-query";
import { api, bodyOf } from "@/api/client";
import type { Task } from "@/api/contract";
import { listParams } from "@/api/queries";
import type { ListSpec } from "@/api/views";

export const MAX_RANGE = 50_000;
const PAGE = 5_000;

/** Ids of the tasks in rows `from` … `to` of a list, those that the table does not hold asked for. */
export async function rangeIds(
  client: QueryClient,
  project: number,
  list: ListSpec,
  from: number,
  to: number,
  known: (row: number) => Task | undefined,
): Promise<number[]> {
  const ids: number[] = [];
  for (let row = from; row <= to; row++) {
    const task = known(row);
    if (!task) break;
    ids.push(task.id);
  }
  if (ids.length === to - from + 1) return ids;
  const found: number[] = [];
  for (let page = Math.floor(from / PAGE); page <= Math.floor(to / PAGE); page++) {
    const answer = await client.fetchQuery({
      queryKey: ["task-ids", project, JSON.stringify(listParams(list, "id")), page],
      queryFn: () =>
        bodyOf(
          api.GET("/api/tasks", {
            params: {
              query: { project, page: page + 1, page_size: PAGE, ...listParams(list, ""), include: "id" },
            },
          }),
        ),
      staleTime: 5_000,
      gcTime: 30_000,
    });
    const start = page * PAGE;
    found.push(...answer.tasks.slice(Math.max(0, from - start), to - start + 1).map((task) => task.id));
  }
  return found;
}
