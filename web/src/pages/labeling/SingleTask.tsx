import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight, CopyPlus, Plus, Trash2 } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useLocation } from "wouter";
import { api } from "@/api/client";
import type { Annotation, Project, ResultItem, Task } from "@/api/contract";
import { errorText } from "@/api/errors";
import { projectQuery, taskQuery } from "@/api/queries";
import { Shell } from "@/app/Shell";
import { useCommands } from "@/app/useCommands";
import { neighbours } from "@/pages/data/neighbours";
import { Button } from "@/ui/Button";
import { Failure } from "@/ui/States";
import { toast } from "@/ui/toast";
import { ChoiceSelect } from "./ChoiceSelect";
import { type Conflict, ConflictDialog } from "./ConflictDialog";
import { type Choice, chosen } from "./choice";
import { overtaken } from "./conflict";
import { makeSeat, type Seat, SITTING, seatForNext } from "./seat";
import { type Finished, Workbench } from "./Workbench";
import { dropDraft, submit } from "./work";

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
type OnTable = Choice<"new">;

function OneTask({ task, ...props }: { project: Project; task: Task }) {
  const [project] = useState(props.project);
  const client = useQueryClient();
  const [hidden, setHidden] = useState<ReadonlySet<number>>(new Set());
  const annotations = (task.annotations ?? []).filter((item) => !hidden.has(item.id));
  const [choice, setChoice] = useState<OnTable>(() => firstChoice(task));
  // A sitting that was begun elsewhere: a copy, or work that could not be saved.
  const [given, setGiven] = useState<Seat | null>(null);
  const leave = useRef<(() => Promise<void>) | null>(null);
  // A background refresh must not take an open sitting away, so the seat follows the choice only.
  const source = useRef(task);
  // Not while rendering: a round may begin before the page is told what was just read.
  useEffect(() => {
    source.current = task;
  }, [task]);
  const [round, setRound] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: round asks for a fresh sitting of the same choice
  const seat = useMemo(
    () => given ?? seatFor(choice, source.current, project),
    [choice, given, project, round],
  );
  const prediction = choice.startsWith("prediction:");

  const refresh = async () => {
    leave.current = null;
    await client.refetchQueries({ queryKey: ["task", task.id] });
    source.current = client.getQueryData<Task>(["task", task.id]) ?? source.current;
  };
  const choose = async (next: OnTable) => {
    await leave.current?.();
    await refresh();
    setGiven(null);
    setChoice(next);
    setRound((number) => number + 1);
  };
  const restored = async (annotation: Annotation, edits: ResultItem[] | null) => {
    await refresh();
    setGiven(edits ? makeSeat(source.current, { annotation }, edits) : null);
    setChoice(`annotation:${annotation.id}`);
    setRound((number) => number + 1);
  };

  const [conflict, setConflict] = useState<Conflict | null>(null);

  const finish = async (work: Finished) => {
    try {
      const annotation = await submit({ ...work, draftId: await work.draft });
      toast(`Task ${task.id} ${work.seat.annotation ? "updated" : work.skip ? "skipped" : "submitted"}`, {
        tone: "ok",
      });
      await choose(`annotation:${annotation.id}`);
      for (const key of ["tasks", "project"]) client.invalidateQueries({ queryKey: [key, project.id] });
    } catch (error) {
      const theirs = overtaken(error);
      if (theirs) {
        setConflict({ work, theirs });
        return;
      }
      toast(`Not saved. ${errorText(error)}`, { tone: "danger", duration: 0 });
      goOn(work);
    }
  };
  /** What could not be saved is on the table again. */
  const goOn = (work: Finished) => {
    setGiven(makeSeat(work.seat.task, work.seat, work.result));
    setRound((number) => number + 1);
  };
  const keepMine = async ({ work, theirs }: Conflict) => {
    setConflict(null);
    await finish({ ...work, seat: { ...work.seat, annotation: theirs } });
  };
  const takeTheirs = async ({ work, theirs }: Conflict) => {
    setConflict(null);
    await dropDraft(await work.draft);
    await choose(`annotation:${theirs.id}`);
    const bringBack = () => {
      setGiven(makeSeat(source.current, { annotation: theirs }, work.result));
      setRound((number) => number + 1);
    };
    toast("Their version stays", { tone: "ok", action: { label: "Bring mine back", run: bringBack } });
  };

  const copy = async () => {
    const result = seat.initial;
    await leave.current?.();
    setGiven(makeSeat(task, { prediction: seat.prediction }, result));
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
    <>
      <Workbench
        project={project}
        seat={seat}
        readOnly={prediction}
        canSkip={project.show_skip_button && seat.annotation === null && task.allow_skip !== false}
        startDirty={given !== null}
        leave={leave}
        onFinish={finish}
        onRestored={(annotation, edits) => void restored(annotation, edits)}
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
            <ChoiceSelect
              annotations={annotations}
              predictions={task.predictions ?? []}
              other={["new", "New annotation"]}
              value={choice}
              onChange={(next) => void choose(next)}
            />
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
      {conflict && (
        <ConflictDialog
          project={project}
          conflict={conflict}
          onMine={() => void keepMine(conflict)}
          onTheirs={() => void takeTheirs(conflict)}
          onBack={() => {
            setConflict(null);
            goOn(conflict.work);
          }}
        />
      )}
    </>
  );
}

function firstChoice(task: Task): OnTable {
  if (task.drafts?.some((item) => item.annotation === null)) return "new";
  const annotation = task.annotations?.at(-1);
  return annotation ? `annotation:${annotation.id}` : "new";
}

function seatFor(choice: OnTable, task: Task, project: Project): Seat {
  if (choice === "new") return seatForNext(task, project);
  const { annotation, prediction } = chosen(choice, task);
  const draft = (annotation && task.drafts?.find((item) => item.annotation === annotation.id)) ?? null;
  return makeSeat(task, { annotation, draft, prediction });
}
