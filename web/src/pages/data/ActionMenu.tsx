import { useQuery } from "@tanstack/react-query";
import { ChevronDown } from "lucide-react";
import { type Action, actionsQuery } from "@/api/views";
import { MenuItem, Popover } from "@/ui/Popover";

/** What else the server offers to do to the selected tasks. */
export function ActionMenu({ projectId, onPick }: { projectId: number; onPick: (action: Action) => void }) {
  const actions = useQuery(actionsQuery(projectId));
  const list = (actions.data ?? []).filter((action) => action.id !== "delete_tasks");
  if (list.length === 0) return null;
  return (
    <Popover
      role="menu"
      label="Actions on the selected tasks"
      panelClass="menu"
      button={
        <>
          Actions <ChevronDown size={14} aria-hidden />
        </>
      }
    >
      {(close) =>
        list.map((action) => (
          <MenuItem
            key={action.id}
            {...(action.id.startsWith("delete") || action.id.startsWith("remove")
              ? { tone: "danger" as const }
              : {})}
            onSelect={() => {
              close();
              onPick(action);
            }}
          >
            {action.title}
          </MenuItem>
        ))
      }
    </Popover>
  );
}
