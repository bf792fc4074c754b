import { useQuery } from "@tanstack/react-query";
import { ChevronDown, ChevronUp, ExternalLink, X } from "lucide-react";
import { useEffect, useState } from "react";
import type { Project, Task } from "@/api/contract";
import { taskQuery } from "@/api/queries";
import { EditorHost } from "@/pages/labeling/EditorHost";
import { ownerName } from "@/pages/labeling/seat";
import { Button } from "@/ui/Button";
import { ago } from "@/ui/format";
import { Failure, Loading } from "@/ui/States";
import { cellText } from "./columns";

interface QuickProps {
  project: Project;
  taskId: number | undefined;
  row: number;
  total: number;
  onMove: (by: number) => void;
  onOpen: () => void;
  onClose: () => void;
}

const SETTLE_MS = 120;

/** The task of the active row beside the table, with what was made on it. */
export function QuickView({ project, taskId, row, total, onMove, onOpen, onClose }: QuickProps) {
  // Rows that are only passed on the way are not loaded.
  const [shown, setShown] = useState(taskId);
  useEffect(() => {
    const timer = setTimeout(() => setShown(taskId), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [taskId]);
  const task = useQuery({ ...taskQuery(shown ?? 0), enabled: shown !== undefined });
  return (
    <aside className="quick" aria-label="Quick view">
      <header className="quick-head">
        <h2 className="tabular">{taskId === undefined ? "No task" : `Task ${taskId}`}</h2>
        <span className="quick-tools">
          <Button
            tone="quiet"
            icon={<ChevronUp size={16} />}
            aria-label="Previous task"
            title="Previous task  K"
            disabled={row <= 0}
            onClick={() => onMove(-1)}
          />
          <Button
            tone="quiet"
            icon={<ChevronDown size={16} />}
            aria-label="Next task"
            title="Next task  J"
            disabled={row >= total - 1}
            onClick={() => onMove(1)}
          />
          <Button
            icon={<ExternalLink size={14} />}
            title="Open the task  Enter"
            disabled={!taskId}
            onClick={onOpen}
          >
            Open
          </Button>
          <Button
            tone="quiet"
            icon={<X size={16} />}
            aria-label="Close the quick view"
            title="Close the quick view  V"
            onClick={onClose}
          />
        </span>
      </header>
      {task.error ? (
        <Failure error={task.error} retry={() => task.refetch()} />
      ) : task.data && task.data.id === shown ? (
        <TaskPeek key={task.data.id} project={project} task={task.data} />
      ) : (
        <div className="quick-wait">
          {shown !== undefined && <Loading rows={4} label="Loading the task" />}
        </div>
      )}
    </aside>
  );
}

type Choice = "task" | `annotation:${number}` | `prediction:${number}`;

function TaskPeek({ project, task }: { project: Project; task: Task }) {
  const annotations = task.annotations ?? [];
  const predictions = task.predictions ?? [];
  const [choice, setChoice] = useState<Choice>(() => {
    const annotation = annotations.at(-1);
    const prediction = predictions.at(-1);
    if (annotation) return `annotation:${annotation.id}`;
    return prediction ? `prediction:${prediction.id}` : "task";
  });
  const [kind, id] = choice.split(":");
  const annotation = kind === "annotation" ? annotations.find((item) => item.id === Number(id)) : undefined;
  const prediction = kind === "prediction" ? predictions.find((item) => item.id === Number(id)) : undefined;
  return (
    <>
      <div className="quick-choice">
        {annotations.length + predictions.length === 0 ? (
          <span className="muted">Nobody labeled it yet</span>
        ) : (
          <select
            className="input"
            aria-label="Annotation or prediction"
            value={choice}
            onChange={(event) => setChoice(event.target.value as Choice)}
          >
            <option value="task">Only the task</option>
            {annotations.length > 0 && (
              <optgroup label="Annotations">
                {annotations.map((item) => (
                  <option key={item.id} value={`annotation:${item.id}`}>
                    {`#${item.id} ${ownerName(item.completed_by)}, ${ago(item.updated_at)}${item.was_cancelled ? ", skipped" : ""}`}
                  </option>
                ))}
              </optgroup>
            )}
            {predictions.length > 0 && (
              <optgroup label="Predictions">
                {predictions.map((item) => (
                  <option key={item.id} value={`prediction:${item.id}`}>
                    {`${item.model_version || "model"}${item.score === null ? "" : `, score ${item.score.toFixed(2)}`}`}
                  </option>
                ))}
              </optgroup>
            )}
          </select>
        )}
        {annotation?.ground_truth && <span className="badge badge-ok">Ground truth</span>}
        {annotation?.was_cancelled && <span className="badge">Skipped</span>}
      </div>
      <div className="quick-editor">
        <EditorHost
          key={choice}
          config={project.label_config}
          task={task}
          initialResult={annotation?.result ?? prediction?.result ?? []}
          source={prediction ? "prediction" : "annotation"}
          resultKey={choice}
          readOnly
          hotkeys={false}
        />
      </div>
      <details className="quick-data">
        <summary>Data</summary>
        <dl>
          {Object.entries(task.data).map(([key, value]) => (
            <div key={key}>
              <dt className="clip" title={key}>
                {key}
              </dt>
              <dd>{cellText(value)}</dd>
            </div>
          ))}
        </dl>
      </details>
    </>
  );
}
