import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Database, Tag, Trash2, Upload } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { columnsQuery, projectQuery, tasksQuery } from "@/api/queries";
import { Shell } from "@/app/Shell";
import { Button, ButtonLink } from "@/ui/Button";
import { count, plural } from "@/ui/format";
import { Empty, Failure, Loading } from "@/ui/States";
import { tableColumns } from "./columns";
import { deleteTasks } from "./deletion";
import { ALL, has, NONE, type Selection, size, toItems } from "./selection";
import { TaskTable } from "./TaskTable";
import "./data.css";

export default function Data({ projectId }: { projectId: number }) {
  const client = useQueryClient();
  const project = useQuery(projectQuery(projectId));
  const columns = useQuery(columnsQuery(projectId));
  const [ordering, setOrdering] = useState("");
  const [selection, setSelection] = useState<Selection>(NONE);
  const [leaving, setLeaving] = useState<Selection>(NONE);
  const first = useQuery(tasksQuery(projectId, 1, ordering));
  const total = first.data?.total ?? 0;
  const picked = size(selection, total);

  useEffect(() => {
    document.title = `${project.data?.title || "Data"} · Labelyard`;
  }, [project.data?.title]);

  const remove = useCallback(
    (what: Selection) => {
      const number = size(what, total);
      if (number === 0) return;
      setLeaving(what);
      setSelection(NONE);
      const text = `Deleting ${plural(number, "task")} with all annotations`;
      deleteTasks(projectId, toItems(what), text, (gone) => {
        setLeaving(NONE);
        if (gone)
          for (const key of ["tasks", "project", "projects"]) client.invalidateQueries({ queryKey: [key] });
      });
    },
    [client, projectId, total],
  );

  const error = project.error ?? first.error;
  const waiting = first.isPending || project.isPending || columns.isPending;
  return (
    <Shell
      projectId={projectId}
      full
      title={
        <>
          <h1 className="clip">{project.data?.title || "Data"}</h1>
          {first.data && <span className="muted tabular">{plural(total, "task")}</span>}
        </>
      }
      actions={
        picked > 0 ? (
          <>
            <span className="tabular">{count(picked)} selected</span>
            <Button tone="quiet" onClick={() => setSelection(NONE)}>
              Clear
            </Button>
            <Button icon={<Trash2 size={16} />} onClick={() => remove(selection)}>
              Delete
            </Button>
          </>
        ) : (
          <>
            <ButtonLink href={`/projects/${projectId}/import`} icon={<Upload size={16} />}>
              Import
            </ButtonLink>
            {total > 0 && (
              <ButtonLink href={`/projects/${projectId}/label`} tone="primary" icon={<Tag size={16} />}>
                Label tasks
              </ButtonLink>
            )}
          </>
        )
      }
    >
      {error && !first.data ? (
        <Failure
          error={error}
          retry={() => {
            project.refetch();
            first.refetch();
          }}
        />
      ) : waiting ? (
        <div className="data-wait">
          <Loading rows={12} label="Loading tasks" />
        </div>
      ) : total === 0 ? (
        <Empty
          icon={<Database size={24} />}
          title="No tasks yet"
          actions={
            <ButtonLink href={`/projects/${projectId}/import`} tone="primary" icon={<Upload size={16} />}>
              Import data
            </ButtonLink>
          }
        >
          A task is one thing to label: a text, an image, a recording. Import a file and each row or picture
          becomes a task.
        </Empty>
      ) : (
        <TaskTable
          projectId={projectId}
          total={total}
          columns={tableColumns(columns.data?.columns ?? [], first.data?.tasks ?? [])}
          ordering={ordering}
          onOrdering={setOrdering}
          selection={selection}
          onSelection={setSelection}
          onSelectAll={() => setSelection(size(selection, total) === total ? NONE : ALL)}
          isLeaving={(id) => has(leaving, id)}
          onDelete={remove}
        />
      )}
    </Shell>
  );
}
