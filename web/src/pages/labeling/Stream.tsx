import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight, ListFilter, PartyPopper } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useSearchParams } from "wouter";
import { api } from "@/api/client";
import type { Annotation, Project, Task } from "@/api/contract";
import { errorText } from "@/api/errors";
import { projectQuery, taskQuery } from "@/api/queries";
import { listBody } from "@/api/views";
import { Shell } from "@/app/Shell";
import { useCommands } from "@/app/useCommands";
import { Button, ButtonLink } from "@/ui/Button";
import { count, plural, share } from "@/ui/format";
import { Progress } from "@/ui/Progress";
import { Empty, Failure } from "@/ui/States";
import { dismiss, toast } from "@/ui/toast";
import { recallList } from "./lists";
import { makeSeat, type Seat, SITTING, seatForNext } from "./seat";
import { type Finished, Workbench } from "./Workbench";
import { fetchNext, releaseLease, type Source, submit } from "./work";

export default function Stream({ projectId }: { projectId: number }) {
  const [search] = useSearchParams();
  const handed = useHanded(projectId, search.get("view"), search.get("list"));
  const project = useQuery({ ...projectQuery(projectId), ...SITTING });
  useEffect(() => {
    document.title = `${project.data?.title || "Label"} · Labelyard`;
  }, [project.data?.title]);
  if (project.isError) {
    return (
      <Shell projectId={projectId} title={<h1>Label</h1>}>
        <Failure error={project.error} retry={() => project.refetch()} />
      </Shell>
    );
  }
  return project.data && project.isFetchedAfterMount ? (
    <StreamFor project={project.data} handed={handed} />
  ) : (
    <div className="bench-wait" role="status" aria-label="Loading" />
  );
}

/** What the data manager handed over to be labeled; null for the project's own queue. */
interface Handed {
  source: Source;
  title: string;
}

function useHanded(project: number, view: string | null, key: string | null): Handed | null {
  return useMemo(() => {
    const id = view && /^\d{1,15}$/.test(view) ? Number(view) : undefined;
    const kept = recallList(key);
    if (!kept) return id === undefined ? null : { source: { project, view: id }, title: `View ${id}` };
    const items = kept.items ? { selectedItems: kept.items } : {};
    const number = kept.items && !kept.items.all ? kept.items.included?.length : undefined;
    return {
      source: { project, view: id, list: { ...listBody(kept.list), ...items } },
      title: number === undefined ? kept.title : `${plural(number, "selected task")}`,
    };
  }, [project, view, key]);
}

type View =
  | { at: "loading" }
  | { at: "task"; seat: Seat; dirty: boolean }
  | { at: "done" }
  | { at: "error"; error: unknown };

/** A task this person has finished in this visit; the annotation is null while its submit is under way. */
interface Step {
  task: number;
  annotation: Annotation | null;
  /** The message that offers to take it back. */
  toast?: number;
}

function StreamFor(props: { project: Project; handed: Handed | null }) {
  // A set-up that changes under the hands would throw the open answer away: it counts from the next visit.
  const [project] = useState(props.project);
  const [handed] = useState(props.handed);
  const stream = useStream(project, handed?.source ?? null);
  const { view, trail, position, done } = stream;
  const total = project.task_number ?? 0;
  const finished = Math.min(total, (project.finished_task_number ?? 0) + done);
  useCommands([
    {
      id: "labeling:back",
      title: "Previous task",
      group: "Labeling",
      keys: "Alt+PageUp",
      when: () => position > 0,
      run: stream.back,
    },
    {
      id: "labeling:forward",
      title: "Next task",
      group: "Labeling",
      keys: "Alt+PageDown",
      when: () => position < trail.length,
      run: stream.forward,
    },
    {
      id: "annotation:undo-submit",
      title: "Take back the last submit",
      group: "Labeling",
      keys: "Alt+z",
      when: () => trail.length > 0,
      run: () => stream.takeBack(trail.length - 1),
    },
  ]);
  if (view.at === "error") {
    return (
      <Shell projectId={project.id} title={<h1>Label</h1>}>
        <Failure error={view.error} retry={stream.reload} />
      </Shell>
    );
  }
  if (view.at === "done")
    return (
      <Finish
        project={project}
        handed={handed}
        onBack={trail.length > 0 ? stream.back : undefined}
        onAgain={stream.reload}
      />
    );
  if (view.at === "loading")
    return <div className="bench-wait" role="status" aria-label="Loading the task" />;
  const { seat } = view;
  return (
    <Workbench
      project={project}
      seat={seat}
      startDirty={view.dirty}
      canSkip={project.show_skip_button && seat.task.allow_skip !== false}
      leave={stream.leave}
      onFinish={stream.finish}
      title={
        <>
          <h1 className="clip bench-project">{project.title || `Project ${project.id}`}</h1>
          <span className="muted tabular">Task {seat.task.id}</span>
          {handed && (
            <span className="badge bench-list" title="Tasks of this list come one after the other">
              <ListFilter size={12} aria-hidden />
              <span className="clip">{handed.title}</span>
            </span>
          )}
          {seat.annotation && (
            <span className="badge">{seat.annotation.was_cancelled ? "Skipped" : "Submitted"}</span>
          )}
        </>
      }
      tools={
        <>
          <span className="bench-count" title={`${count(finished)} of ${count(total)} tasks labeled`}>
            <Progress value={share(finished, total)} label="Labeled tasks" />
            <span className="muted small tabular">
              {count(finished)} / {count(total)}
            </span>
          </span>
          <Button
            tone="quiet"
            icon={<ChevronLeft size={16} />}
            aria-label="Previous task"
            title="Previous task  Alt PageUp"
            disabled={position === 0}
            onClick={stream.back}
          />
          <Button
            tone="quiet"
            icon={<ChevronRight size={16} />}
            aria-label="Next task"
            title="Next task  Alt PageDown"
            disabled={position >= trail.length}
            onClick={stream.forward}
          />
        </>
      }
    />
  );
}

/** Order of work: the task in front, the one fetched ahead, and the trail of those already finished. */
function useStream(project: Project, from: Source | null) {
  const source = useMemo(() => from ?? { project: project.id }, [from, project.id]);
  const client = useQueryClient();
  const [view, setView] = useState<View>({ at: "loading" });
  const [trail, setTrail] = useState<readonly Step[]>([]);
  const [position, setPosition] = useState(0);
  const [done, setDone] = useState(0);
  const leave = useRef<(() => Promise<void>) | null>(null);
  const ahead = useRef<Promise<Task | null> | null>(null);
  const live = useRef<number | null>(null);
  const sending = useRef(new Map<number, Promise<void>>());
  const trailRef = useRef(trail);

  const change = useCallback((at: number, patch: Partial<Step>) => {
    trailRef.current = trailRef.current.map((step, index) => (index === at ? { ...step, ...patch } : step));
    setTrail(trailRef.current);
  }, []);
  const held = useCallback(
    () => [...sending.current.keys(), ...(live.current === null ? [] : [live.current])],
    [],
  );

  /** Fetch ahead while the person works; a failure here only means that the next step fetches itself. */
  const lookAhead = useCallback(() => {
    ahead.current = fetchNext(source, held()).catch(() => null);
  }, [source, held]);

  const showNext = useCallback(async () => {
    const early = ahead.current;
    ahead.current = null;
    live.current = null;
    if (!early) setView({ at: "loading" });
    try {
      let task = await early;
      if (!task) {
        setView({ at: "loading" });
        task = await fetchNext(source, held());
      }
      live.current = task?.id ?? null;
      setView(task ? { at: "task", seat: seatForNext(task, project), dirty: false } : { at: "done" });
      if (task) lookAhead();
    } catch (error) {
      setView({ at: "error", error });
    }
  }, [project, source, held, lookAhead]);

  const show = useCallback(
    async (task: number, open: (full: Task) => Seat) => {
      await leave.current?.();
      try {
        const full = await client.fetchQuery(taskQuery(task));
        setView({ at: "task", seat: open(full), dirty: false });
      } catch (error) {
        toast(errorText(error), { tone: "danger" });
      }
    },
    [client],
  );

  const goTo = useCallback(
    async (to: number) => {
      const task = trailRef.current[to]?.task;
      setPosition(to);
      if (task !== undefined) await sending.current.get(task);
      const step = trailRef.current[to];
      if (step) {
        await show(step.task, (full) => {
          const annotation = full.annotations?.find((item) => item.id === step.annotation?.id) ?? null;
          const draft = full.drafts?.find((item) => item.annotation === (annotation?.id ?? null)) ?? null;
          return makeSeat(full, { annotation, draft });
        });
      } else if (live.current !== null) await show(live.current, (full) => seatForNext(full, project));
      else await showNext();
    },
    [project, show, showNext],
  );

  const takeBack = useCallback(
    async (at: number) => {
      // The submit may still be on its way.
      await sending.current.get(trailRef.current[at]?.task ?? -1);
      const step = trailRef.current[at];
      if (!step?.annotation) return;
      dismiss(step.toast ?? -1, true);
      try {
        const path = { id: step.annotation.id };
        await api.POST("/api/annotations/{id}/convert-to-draft", { params: { path } });
        change(at, { annotation: null });
        setDone((number) => number - (step.annotation?.was_cancelled ? 0 : 1));
        await goTo(at);
      } catch (error) {
        toast(`The submit could not be taken back. ${errorText(error)}`, { tone: "danger" });
      }
    },
    [goTo, change],
  );

  const send = useCallback(
    async (work: Finished, at: number) => {
      const task = work.seat.task.id;
      try {
        const annotation = await submit({ ...work, draftId: await work.draft });
        const isNew = work.seat.annotation === null;
        if (isNew && !work.skip) setDone((number) => number + 1);
        const word = isNew ? (work.skip ? "skipped" : "submitted") : "updated";
        const undo = { label: "Undo", run: () => void takeBack(at) };
        change(at, { annotation, toast: toast(`Task ${task} ${word}`, isNew ? { action: undo } : {}) });
      } catch (error) {
        const { task: full, annotation, draft, prediction } = work.seat;
        const reopen = () => {
          setPosition(at);
          setView({
            at: "task",
            seat: makeSeat(full, { annotation, draft, prediction }, work.result),
            dirty: true,
          });
        };
        toast(`Task ${task} was not saved. ${errorText(error)}`, {
          tone: "danger",
          duration: 0,
          action: { label: "Open it again", run: reopen },
        });
      } finally {
        sending.current.delete(task);
        client.invalidateQueries({ queryKey: ["tasks", project.id] });
      }
    },
    [client, project.id, takeBack, change],
  );

  /** In the background; whoever comes back to the task meanwhile waits for the answer. */
  const sendLater = (work: Finished, at: number) => {
    sending.current.set(work.seat.task.id, send(work, at));
  };

  const finish = (work: Finished) => {
    leave.current = null;
    if (position < trail.length) {
      sendLater(work, position);
      void goTo(position + 1);
      return;
    }
    trailRef.current = [...trailRef.current, { task: work.seat.task.id, annotation: null }];
    setTrail(trailRef.current);
    setPosition(position + 1);
    sendLater(work, position);
    void showNext();
  };

  useEffect(() => {
    void showNext();
    const close = () => {
      // What was fetched ahead goes back to the queue, so that nobody waits for it.
      void ahead.current?.then((task) => task && releaseLease(task.id));
    };
    window.addEventListener("pagehide", close);
    return () => {
      window.removeEventListener("pagehide", close);
      close();
      client.invalidateQueries({ queryKey: ["project", project.id] });
    };
  }, [showNext, client, project.id]);

  return {
    view,
    trail,
    position,
    done,
    leave,
    finish,
    takeBack: (at: number) => void takeBack(at),
    back: () => void goTo(position - 1),
    forward: () => void goTo(position + 1),
    reload: () => void showNext(),
  };
}

interface FinishProps {
  project: Project;
  handed: Handed | null;
  onBack: (() => void) | undefined;
  onAgain: () => void;
}

function Finish({ project, handed, onBack, onAgain }: FinishProps) {
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
          {handed
            ? `Every task of “${handed.title}” has its answers, or is being worked on by someone else.`
            : "Every task has its answers, or is being worked on by someone else."}
        </Empty>
      )}
    </Shell>
  );
}
