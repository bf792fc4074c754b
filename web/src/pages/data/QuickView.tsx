import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ChevronDown, ChevronUp, ExternalLink, History, X } from "lucide-react";
import { useEffect, useState } from "react";
import type { Project, Task } from "@/api/contract";
import { taskQuery } from "@/api/queries";
import { ChoiceSelect } from "@/pages/labeling/ChoiceSelect";
import { type Choice, chosen } from "@/pages/labeling/choice";
import { EditorHost } from "@/pages/labeling/EditorHost";
import { HistoryPanel, type Past } from "@/pages/labeling/HistoryPanel";
import { Button } from "@/ui/Button";
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

function TaskPeek({ project, task }: { project: Project; task: Task }) {
  const annotations = task.annotations ?? [];
  const predictions = task.predictions ?? [];
  const [choice, setChoice] = useState<Choice<"task">>(() => {
    const annotation = annotations.at(-1);
    const prediction = predictions.at(-1);
    if (annotation) return `annotation:${annotation.id}`;
    return prediction ? `prediction:${prediction.id}` : "task";
  });
  const client = useQueryClient();
  const [history, setHistory] = useState(false);
  const [past, setPast] = useState<Past | null>(null);
  const { annotation, prediction } = chosen(choice, task);
  const shown = history && past?.event.annotation === annotation?.id ? past : null;
  // Another result needs another editor: versions by their events, the annotation by its last change.
  const key = shown ? `event:${shown.event.id}` : `${choice} ${annotation?.updated_at ?? ""}`;
  const showHistory = (on: boolean) => {
    setPast(null);
    setHistory(on);
  };
  return (
    <>
      <div className="quick-choice">
        {annotations.length + predictions.length === 0 ? (
          <span className="muted">Nobody labeled it yet</span>
        ) : (
          <ChoiceSelect
            annotations={annotations}
            predictions={predictions}
            other={["task", "Only the task"]}
            value={choice}
            onChange={setChoice}
          />
        )}
        {annotation?.ground_truth && <span className="badge badge-ok">Ground truth</span>}
        {annotation?.was_cancelled && <span className="badge">Skipped</span>}
        {annotation && (
          <Button
            tone="quiet"
            icon={<History size={16} />}
            aria-label="History"
            title="History of the annotation"
            aria-pressed={history}
            onClick={() => showHistory(!history)}
          />
        )}
      </div>
      <div className="quick-editor">
        <EditorHost
          key={key}
          config={project.label_config}
          task={task}
          initialResult={shown?.result ?? annotation?.result ?? prediction?.result ?? []}
          source={prediction ? "prediction" : "annotation"}
          resultKey={key}
          readOnly
          hotkeys={false}
        />
      </div>
      {history && annotation && (
        <HistoryPanel
          key={annotation.id}
          annotation={annotation}
          project={project.id}
          past={shown}
          onPast={setPast}
          onRestored={() => void client.invalidateQueries({ queryKey: ["task", task.id] })}
          onClose={() => showHistory(false)}
        />
      )}
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
