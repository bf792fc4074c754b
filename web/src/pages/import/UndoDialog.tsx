import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { errorText } from "@/api/errors";
import { type ImportStatus, planUndo, type UndoAnswer, undoImport } from "@/api/imports";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { plural } from "@/ui/format";
import { Loading, Problems } from "@/ui/States";

interface UndoDialogProps {
  projectId: number;
  status: ImportStatus;
  onClose: () => void;
  onDone: (answer: Partial<UndoAnswer>) => void;
}

/** Says what an undo deletes and what it keeps, before it does it. */
export function UndoDialog({ projectId, status, onClose, onDone }: UndoDialogProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const plan = useQuery({
    queryKey: ["import-undo", projectId, status.id],
    queryFn: () => planUndo(projectId, status.id),
    staleTime: 0,
    gcTime: 0,
  });
  const undo = async () => {
    setBusy(true);
    setError(null);
    try {
      onDone(await undoImport(projectId, status.id));
    } catch (caught) {
      setError(caught);
      setBusy(false);
    }
  };
  const found = plan.data;
  const nothing = found !== undefined && found.deleted === 0 && found.updated === 0;
  return (
    <Dialog
      open
      title="Undo this import?"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button tone="danger" busy={busy} disabled={!found || nothing} onClick={undo}>
            {found && found.deleted > 0 ? `Delete ${plural(found.deleted, "task")}` : "Undo"}
          </Button>
        </>
      }
    >
      {plan.isPending && <Loading rows={2} label="Looking at what would go" />}
      {plan.isError && <Problems messages={[errorText(plan.error)]} />}
      {error !== null && <Problems title="It was not undone" messages={[errorText(error)]} />}
      {found && <Plan projectId={projectId} plan={found} />}
    </Dialog>
  );
}

function Plan({ projectId, plan }: { projectId: number; plan: UndoAnswer }) {
  const more = plan.kept - plan.kept_tasks.length;
  return (
    <>
      <p>
        {plan.deleted > 0
          ? `${plural(plan.deleted, "task that this import made is", "tasks that this import made are")} deleted, with the annotations and predictions that came with them. This cannot be taken back, but the files can be imported again.`
          : "There is no task left to delete."}
      </p>
      {plan.updated > 0 && (
        <p>{plural(plan.updated, "task gets", "tasks get")} the data back that this import changed.</p>
      )}
      {plan.kept > 0 && (
        <div>
          <p>
            {plural(plan.kept, "task stays", "tasks stay")}, because somebody has worked on{" "}
            {plan.kept === 1 ? "it" : "them"} since:
          </p>
          <p className="kept">
            {plan.kept_tasks.map((id) => (
              <Link key={id} href={`/projects/${projectId}/tasks/${id}`}>
                {id}
              </Link>
            ))}
            {more > 0 && <span className="muted">and {more} more</span>}
          </p>
        </div>
      )}
    </>
  );
}
