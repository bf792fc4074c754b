import { api, csrfHeader } from "@/api/client";
import type { SelectedItems } from "@/api/contract";
import { errorText } from "@/api/errors";
import { type ListSpec, listBody } from "@/api/views";
import { toast } from "@/ui/toast";

const GRACE_MS = 7_000;

/**
 * Deletes after a pause in which the person can take it back; the server keeps no bin, so undo means "not yet sent".
 * `settled` is told whether the tasks are gone. Leaving the page sends at once, as the person saw it happen.
 */
export function deleteTasks(
  project: number,
  list: ListSpec,
  items: SelectedItems,
  text: string,
  settled: (gone: boolean) => void,
): void {
  const body = { ...listBody(list), selectedItems: items };
  let over = false;
  const leave = () => {
    if (over) return;
    over = true;
    void fetch(`/api/dm/actions?project=${project}&id=delete_tasks`, {
      method: "POST",
      keepalive: true,
      headers: { "Content-Type": "application/json", ...csrfHeader() },
      body: JSON.stringify(body),
    });
  };
  window.addEventListener("pagehide", leave);
  const end = () => {
    over = true;
    window.removeEventListener("pagehide", leave);
  };
  toast(text, {
    duration: GRACE_MS,
    action: {
      label: "Undo",
      run: () => {
        end();
        settled(false);
      },
    },
    onExpire: async () => {
      if (over) return;
      end();
      try {
        await api.POST("/api/dm/actions", { params: { query: { project, id: "delete_tasks" } }, body });
        settled(true);
      } catch (error) {
        toast(`Nothing was deleted. ${errorText(error)}`, { tone: "danger" });
        settled(false);
      }
    },
  });
}
