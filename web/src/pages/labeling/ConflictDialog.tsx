import { useQuery } from "@tanstack/react-query";
import type { Annotation, Project } from "@/api/contract";
import { readHistory } from "@/api/history";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Time } from "@/ui/Time";
import { difference } from "./conflict";
import { EditorHost } from "./EditorHost";
import { ownerName } from "./seat";
import type { Finished } from "./Workbench";
import "./conflict.css";

/** A change that was not saved because somebody else's came before it. */
export interface Conflict {
  work: Finished;
  theirs: Annotation;
}

interface ConflictDialogProps {
  project: Project;
  conflict: Conflict;
  onMine: () => void;
  onTheirs: () => void;
  /** Neither, for now: back to one's own answer as it was. */
  onBack: () => void;
}

/** Both answers side by side, and the choice between them. */
export function ConflictDialog({ project, conflict, onMine, onTheirs, onBack }: ConflictDialogProps) {
  const { work, theirs } = conflict;
  const mine = { result: work.result, skip: work.skip };
  const history = useQuery({
    queryKey: ["history", theirs.id, theirs.updated_at],
    queryFn: ({ signal }) => readHistory(theirs.id, null, signal),
  });
  const who = history.data?.[0]?.created_by;
  const sides = [
    { title: "Yours", note: "not saved yet", skipped: mine.skip, result: work.result, key: "mine" },
    {
      title: "Theirs",
      note: null,
      skipped: theirs.was_cancelled,
      result: theirs.result ?? [],
      key: theirs.updated_at,
    },
  ];
  return (
    <Dialog
      open
      size="wide"
      title="Somebody else changed this annotation"
      onClose={onBack}
      footer={
        <>
          <Button onClick={onBack}>Go on editing</Button>
          <Button onClick={onTheirs}>Take theirs</Button>
          <Button tone="primary" onClick={onMine}>
            Keep mine
          </Button>
        </>
      }
    >
      <p>
        {who ? ownerName(who) : "Somebody"} saved task {theirs.task} <Time iso={theirs.updated_at} />, after
        you opened it. {difference(mine, theirs)} Whatever you choose, the history keeps their version.
      </p>
      <div className="conflict">
        {sides.map((side) => (
          <section key={side.title} className="conflict-side" aria-label={side.title}>
            <h3>
              {side.title}
              {side.note && <span className="muted small">{side.note}</span>}
              {side.skipped && <span className="badge">Skipped</span>}
            </h3>
            <div className="conflict-answer">
              <EditorHost
                config={project.label_config}
                task={work.seat.task}
                initialResult={side.result}
                resultKey={side.key}
                readOnly
                hotkeys={false}
              />
            </div>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
