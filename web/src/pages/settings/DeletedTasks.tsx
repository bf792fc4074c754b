import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Undo2 } from "lucide-react";
import { useState } from "react";
import { type Deletion, forgetDeletion, listDeletions } from "@/api/trash";
import { bringBack } from "@/pages/data/deletion";
import { ownerName } from "@/pages/labeling/seat";
import { Button } from "@/ui/Button";
import { plural } from "@/ui/format";
import { Removal } from "@/ui/Removal";
import { Failure, Loading } from "@/ui/States";
import { Time } from "@/ui/Time";

/** What was deleted in the data manager lately, to be brought back or forgotten. */
export function DeletedTasks({ project }: { project: number }) {
  const client = useQueryClient();
  const list = useQuery({
    queryKey: ["deletions", project],
    queryFn: ({ signal }) => listDeletions(project, signal),
    staleTime: 0,
  });
  const refresh = () => {
    for (const key of ["deletions", "tasks", "task-ids", "project", "columns"])
      void client.invalidateQueries({ queryKey: [key, project] });
  };
  return (
    <section className="stack" aria-labelledby="deleted-title">
      <h2 id="deleted-title">Deleted tasks</h2>
      {list.isPending && <Loading rows={1} label="Loading deleted tasks" />}
      {list.isError && <Failure error={list.error} retry={() => list.refetch()} />}
      {list.data?.length === 0 && (
        <p className="notice">
          Nothing to bring back. Tasks that are deleted on the data page stay here for some days, with their
          annotations, drafts and predictions.
        </p>
      )}
      {list.data && list.data.length > 0 && (
        <ul className="card list">
          {list.data.map((each) => (
            <Entry key={each.id} project={project} deletion={each} onChanged={refresh} />
          ))}
        </ul>
      )}
    </section>
  );
}

interface EntryProps {
  project: number;
  deletion: Deletion;
  onChanged: () => void;
}

function Entry({ project, deletion, onChanged }: EntryProps) {
  const back = useMutation({ mutationFn: () => bringBack(project, deletion.id, onChanged) });
  const [forgetting, setForgetting] = useState(false);
  const what = plural(deletion.tasks, "task");
  return (
    <li className="row">
      <div className="grow">
        <p>
          <b>{what}</b>, deleted by {deletion.created_by ? ownerName(deletion.created_by) : "somebody"}{" "}
          <Time iso={deletion.created_at} />
        </p>
        <p className="muted small">
          Gone for good <Time iso={deletion.kept_until} />
        </p>
      </div>
      <Button
        icon={<Undo2 size={16} />}
        aria-label={`Bring back ${what}`}
        busy={back.isPending}
        onClick={() => back.mutate()}
      >
        Bring back
      </Button>
      <Button
        tone="quiet"
        aria-label={`Forget ${what}`}
        disabled={back.isPending}
        onClick={() => setForgetting(true)}
      >
        Forget
      </Button>
      {forgetting && (
        <Removal
          title={`Forget ${what}?`}
          keep="Keep them"
          act="Delete for good"
          done={`${plural(deletion.tasks, "task is", "tasks are")} gone for good`}
          remove={() => forgetDeletion(project, deletion.id)}
          onClose={() => setForgetting(false)}
          onDone={onChanged}
        >
          <p>They cannot be brought back then, nor can their annotations, drafts and predictions.</p>
        </Removal>
      )}
    </li>
  );
}
