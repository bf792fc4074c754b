import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Square } from "lucide-react";
import { Link } from "wouter";
import { errorText } from "@/api/errors";
import { cancelRun, failedTasks, type Run } from "@/api/models";
import { Button } from "@/ui/Button";
import { Progress } from "@/ui/Progress";
import { Time } from "@/ui/Time";
import { toast } from "@/ui/toast";
import { isLive, progressOf, toldOf } from "./words";

/** The newest run of a model: how far it is, with a button that stops it, or how it went. */
export function Predicting({ run, name }: { run: Run; name: string }) {
  const client = useQueryClient();
  const stop = useMutation({
    mutationFn: () => cancelRun(run),
    onSuccess: () => client.invalidateQueries({ queryKey: ["run", run.backend] }),
    onError: (error) => toast(errorText(error), { tone: "danger" }),
  });
  const live = isLive(run);
  return (
    <div className="model-run">
      {live && <Progress value={progressOf(run)} label={`Predictions of ${name}`} />}
      <div className="row">
        <p className="muted small grow" role="status">
          {toldOf(run)}
          {run.model_version && ` · version ${run.model_version}`}{" "}
          {run.finished_at && (
            <>
              · <Time iso={run.finished_at} />
            </>
          )}
        </p>
        {live && (
          <Button icon={<Square size={16} />} busy={stop.isPending} onClick={() => stop.mutate()}>
            Stop
          </Button>
        )}
      </div>
      {run.error && <p className="bad small">{run.error}</p>}
      {run.failed > 0 && !live && <Failed run={run} />}
    </div>
  );
}

/** Tasks that a run could not predict for, and why. */
function Failed({ run }: { run: Run }) {
  const failed = useQuery({
    queryKey: ["run-failed", run.id],
    queryFn: ({ signal }) => failedTasks(run, signal),
  });
  if (!failed.data) return null;
  const more = failed.data.count - failed.data.results.length;
  return (
    <details className="model-failed small">
      <summary>What was wrong with the answers</summary>
      <ul className="bullets">
        {failed.data.results.map((each) => (
          <li key={each.task}>
            <Link href={`/projects/${run.project}/tasks/${each.task}`}>Task {each.task}</Link>: {each.note}
          </li>
        ))}
      </ul>
      {more > 0 && <p className="muted">And {more} more.</p>}
    </details>
  );
}
