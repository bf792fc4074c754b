import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight, CopyPlus, Plus, Trash2 } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useLocation } from "wouter";
import { api } from "@/api/client";
import type { Project, Task } from "@/api/contract";
import { errorText } from "@/api/errors";
import { projectQuery, taskQuery } from "@/api/queries";
import { Shell } from "@/app/Shell";
import { useCommands } from "@/app/useCommands";
import { neighbours } from "@/pages/data/neighbours";
import { Button } from "@/ui/Button";
import { ago } from "@/ui/format";
import { Failure } from "@/ui/States";
import { toast } from "@/ui/toast";
import { makeSeat, ownerName, type Seat, SITTING, seatForNext } from "./seat";
import { type Finished, Workbench } from "./Workbench";
import { submit } from "./work";

export default function SingleTask({ projectId, taskId }: { projectId: number; taskId: number }) {
  const project = useQuery({ ...projectQuery(projectId), ...SITTING });
  const task = useQuery({ ...taskQuery(taskId), ...SITTING });
  useEffect(() => {
    document.title = `Task ${taskId} · Labelyard`;
  }, [taskId]);
  const error = project.error ?? task.error;
  if (error) {
    return (
      <Shell projectId={projectId} title={<h1>Task {taskId}</h1>}>
        <Failure
          error={error}
          retry={() => {
            project.refetch();
            task.refetch();
          }}
        />
      </Shell>
    );
  }
  if (!project.data || !task.data || !project.isFetchedAfterMount || !task.isFetchedAfterMount)
    return <div className="bench-wait" role="status" aria-label="Loading the task" />;
  return <OneTask key={taskId} project={project.data} task={task.data} />;
}

/** What is on the table: a new answer, an annotation, or a prediction to look at. */
type Choice = "new" | `annotation:${number}` | `prediction:${number}`;

function OneTask({ task, ...props }: { project: Project; task: Task }) {
  const [project] = useState(props.project);
  const client = useQueryClient();
  const [hidden, setHidden] = useState<ReadonlySet<number>>(new Set());
  const annotations = (task.annotations ?? []).filter((item) => !hidden.has(item.id));
  const [choice, setChoice] = useState<Choice>(() => firstChoice(task));
  const [copied, setCopied] = useState<Seat | null>(null);
  const leave = useRef<(() => Promise<void>) | null>(null);
  // A background refresh must not take an open sitting away, so the seat follows the choice only.
  const source = useRef(task);
  source.current = task;
  const [round, setRound] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: round asks for a fresh sitting of the same choice
  const seat = useMemo(
    () => (choice === "new" && copied ? copied : seatFor(choice, source.current, project)),
    [choice, copied, project, round],
  );
  const prediction = choice.startsWith("prediction:");

  const choose = async (next: Choice) => {
    await leave.current?.();
    leave.current = null;
    await client.refetchQueries({ queryKey: ["task", task.id] });
    source.current = client.getQueryData<Task>(["task", task.id]) ?? source.current;
    setCopied(null);
    setChoice(next);
    setRound((number) => number + 1);
  };

  const finish = async (work: Finished) => {
    try {
      const annotation = await submit({ ...work, draftId: await work.draft });
      toast(`Task ${task.id} ${work.seat.annotation ? "updated" : work.skip ? "skipped" : "submitted"}`, {
        tone: "ok",
      });
      await choose(`annotation:${annotation.id}`);
      for (const key of ["tasks", "project"]) client.invalidateQueries({ queryKey: [key, project.id] });
    } catch (error) {
      toast(`Not saved. ${errorText(error)}`, { tone: "danger", duration: 0 });
      setCopied(makeSeat(work.seat.task, work.seat, work.result));
      setRound((number) => number + 1);
    }
  };

  const copy = async () => {
    const { result } = { result: seat.initial };
    await leave.current?.();
    setCopied(makeSeat(task, { prediction: seat.prediction }, result));
    setChoice("new");
  };

  const remove = () => {
    const annotation = seat.annotation;
    if (!annotation) return;
    setHidden((ids) => new Set([...ids, annotation.id]));
    void choose("new");
    const show = () => setHidden((ids) => new Set([...ids].filter((id) => id !== annotation.id)));
    toast(`Annotation ${annotation.id} deleted`, {
      action: { label: "Undo", run: show },
      onExpire: async () => {
        try {
          await api.DELETE("/api/annotations/{id}", { params: { path: { id: annotation.id } } });
          for (const key of ["tasks", "project"]) client.invalidateQueries({ queryKey: [key, project.id] });
          client.invalidateQueries({ queryKey: ["task", task.id] });
        } catch (error) {
          show();
          toast(`The annotation was not deleted. ${errorText(error)}`, { tone: "danger" });
        }
      },
    });
  };
  const [, navigate] = useLocation();
  const { before, after } = useMemo(
    () => neighbours(client, project.id, task.id),
    [client, project.id, task.id],
  );
  const go = async (to: number | null) => {
    if (to === null) return;
    await leave.current?.();
    navigate(`/projects/${project.id}/tasks/${to}`);
  };
  useCommands([
    {
      id: "labeling:back",
      title: "Previous task of the table",
      group: "Task",
      keys: "Alt+PageUp",
      when: () => before !== null,
      run: () => void go(before),
    },
    {
      id: "labeling:forward",
      title: "Next task of the table",
      group: "Task",
      keys: "Alt+PageDown",
      when: () => after !== null,
      run: () => void go(after),
    },
    { id: "task:new", title: "New annotation", group: "Task", keys: "Alt+n", run: () => void choose("new") },
    {
      id: "task:copy",
      title: "Copy to a new annotation",
      group: "Task",
      keys: "Alt+c",
      run: () => void copy(),
    },
    {
      id: "task:delete",
      title: "Delete the annotation",
      group: "Task",
      when: () => seat.annotation !== null,
      run: remove,
    },
  ]);

  return (
    <Workbench
      project={project}
      seat={seat}
      readOnly={prediction}
      canSkip={project.show_skip_button && seat.annotation === null && task.allow_skip !== false}
      startDirty={copied !== null && choice === "new"}
      leave={leave}
      onFinish={finish}
      title={
        <>
          <h1 className="clip bench-project">{project.title || `Project ${project.id}`}</h1>
          <span className="muted tabular">Task {task.id}</span>
        </>
      }
      tools={
        <>
          <Button
            tone="quiet"
            icon={<ChevronLeft size={16} />}
            aria-label="Previous task"
            title="Previous task of the table  Alt PageUp"
            disabled={before === null}
            onClick={() => void go(before)}
          />
          <Button
            tone="quiet"
            icon={<ChevronRight size={16} />}
            aria-label="Next task"
            title="Next task of the table  Alt PageDown"
            disabled={after === null}
            onClick={() => void go(after)}
          />
          <select
            className="input bench-choice"
            aria-label="Annotation or prediction"
            value={choice}
            onChange={(event) => void choose(event.target.value as Choice)}
          >
            <option value="new">New annotation</option>
            {annotations.length > 0 && (
              <optgroup label="Annotations">
                {annotations.map((item) => (
                  <option key={item.id} value={`annotation:${item.id}`}>
                    {`#${item.id} ${ownerName(item.completed_by)}, ${ago(item.updated_at)}${item.was_cancelled ? ", skipped" : ""}`}
                  </option>
                ))}
              </optgroup>
            )}
            {(task.predictions ?? []).length > 0 && (
              <optgroup label="Predictions">
                {(task.predictions ?? []).map((item) => (
                  <option key={item.id} value={`prediction:${item.id}`}>
                    {`${item.model_version || "model"}${item.score === null ? "" : `, score ${item.score.toFixed(2)}`}`}
                  </option>
                ))}
              </optgroup>
            )}
          </select>
          {choice !== "new" && (
            <>
              <Button
                tone="quiet"
                icon={<CopyPlus size={16} />}
                aria-label="Copy to a new annotation"
                title="Copy to a new annotation  Alt C"
                onClick={() => void copy()}
              />
              <Button
                tone="quiet"
                icon={<Plus size={16} />}
                aria-label="New annotation"
                title="New annotation  Alt N"
                onClick={() => void choose("new")}
              />
            </>
          )}
          {seat.annotation && (
            <Button
              tone="quiet"
              icon={<Trash2 size={16} />}
              aria-label="Delete the annotation"
              title="Delete the annotation"
              onClick={remove}
            />
          )}
        </>
      }
    />
  );
}

function firstChoice(task: Task): Choice {
  if (task.drafts?.some((item) => item.annotation === null)) return "new";
  const annotation = task.annotations?.at(-1);
  return annotation ? `annotation:${annotation.id}` : "new";
}

function seatFor(choice: Choice, task: Task, project: Project): Seat {
  const [kind, id] = choice.split(":");
  if (kind === "annotation") {
    const annotation = task.annotations?.find((item) => item.id === Number(id)) ?? null;
    const draft = task.drafts?.find((item) => item.annotation === Number(id)) ?? null;
    return makeSeat(task, { annotation, draft });
  }
  if (kind === "prediction") {
    return makeSeat(task, { prediction: task.predictions?.find((item) => item.id === Number(id)) ?? null });
  }
  return seatForNext(task, project);
}
