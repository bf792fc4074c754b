import { PartyPopper } from "lucide-react";
import type { Project } from "@/api/contract";
import { Shell } from "@/app/Shell";
import { Button, ButtonLink } from "@/ui/Button";
import { Empty } from "@/ui/States";
import type { Handed } from "./useHanded";

interface FinishProps {
  project: Project;
  handed: Handed | null;
  onBack: (() => void) | undefined;
  onAgain: () => void;
}

/** What there is to do when no task is left. */
export function Finish({ project, handed, onBack, onAgain }: FinishProps) {
  const empty = (project.task_number ?? 0) === 0;
  return (
    <Shell projectId={project.id} title={<h1>Label</h1>}>
      {empty ? (
        <Empty
          title="There is nothing to label yet"
          actions={
            <ButtonLink href={`/projects/${project.id}/import`} tone="primary">
              Import data
            </ButtonLink>
          }
        >
          Import data first; each row, picture or recording becomes a task.
        </Empty>
      ) : (
        <Empty
          icon={<PartyPopper size={24} />}
          title={handed ? "This list is done" : "No more tasks for you"}
          actions={
            <>
              {onBack && <Button onClick={onBack}>Back to the last task</Button>}
              <Button onClick={onAgain}>Look again</Button>
              {handed ? (
                <ButtonLink href={`/projects/${project.id}/data`} tone="primary">
                  Back to the data
                </ButtonLink>
              ) : (
                <ButtonLink href={`/projects/${project.id}/export`} tone="primary">
                  Export
                </ButtonLink>
              )}
            </>
          }
        >
          Every task {handed && "of it "}has its answers, or is being worked on by someone else.
        </Empty>
      )}
    </Shell>
  );
}
