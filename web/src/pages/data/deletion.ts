import { api, bodyOf } from "@/api/client";
import type { SelectedItems } from "@/api/contract";
import { errorText } from "@/api/errors";
import { restoreDeletion } from "@/api/trash";
import { type ListSpec, listBody } from "@/api/views";
import { plural } from "@/ui/format";
import { toast } from "@/ui/toast";

const UNDO_MS = 12_000;

/** Deletes tasks and offers to bring them back. `changed` is called whenever the list is another. */
export async function deleteTasks(
  project: number,
  list: ListSpec,
  items: SelectedItems,
  changed: () => void,
): Promise<void> {
  try {
    const answer = await bodyOf(
      api.POST("/api/dm/actions", {
        params: { query: { project, id: "delete_tasks" } },
        body: { ...listBody(list), selectedItems: items },
      }),
    );
    changed();
    const deletion = answer.undo?.deletion;
    toast(`${plural(answer.processed_items, "task")} deleted`, {
      duration: UNDO_MS,
      ...(deletion === undefined
        ? {}
        : { action: { label: "Undo", run: () => void bringBack(project, deletion, changed) } }),
    });
  } catch (error) {
    changed();
    toast(`Not everything was deleted. ${errorText(error)}`, { tone: "danger" });
  }
}

export async function bringBack(project: number, deletion: number, changed: () => void): Promise<void> {
  try {
    const { restored } = await restoreDeletion(project, deletion);
    toast(`${plural(restored, "task is", "tasks are")} back`, { tone: "ok" });
  } catch (error) {
    toast(`Not everything came back. ${errorText(error)}`, { tone: "danger" });
  }
  changed();
}
