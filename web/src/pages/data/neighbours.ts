import type { QueryClient } from "@tanstack/react-query";
import type { TaskList } from "@/api/contract";

/** Tasks before and after this one in the table as it was last seen; null where nothing is known. */
export function neighbours(
  client: QueryClient,
  project: number,
  task: number,
): { before: number | null; after: number | null } {
  const pages = client
    .getQueryCache()
    .findAll({ queryKey: ["tasks", project] })
    .filter((query) => query.state.data !== undefined)
    .sort((a, b) => b.state.dataUpdatedAt - a.state.dataUpdatedAt);
  const idsOf = (list: string, page: number, include: string): number[] => {
    const data = client.getQueryData<TaskList>(["tasks", project, list, page, include]);
    return (data?.tasks ?? []).map((item) => item.id);
  };
  for (const query of pages) {
    const [, , list, page, include] = query.queryKey as [string, number, string, number, string];
    const ids = idsOf(list, page, include);
    const at = ids.indexOf(task);
    if (at < 0) continue;
    return {
      before: ids[at - 1] ?? idsOf(list, page - 1, include).at(-1) ?? null,
      after: ids[at + 1] ?? idsOf(list, page + 1, include)[0] ?? null,
    };
  }
  return { before: null, after: null };
}
