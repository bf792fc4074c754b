import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { api } from "@/api/client";
import type { Annotation, Project, ResultItem, Task } from "@/api/contract";
import { errorText } from "@/api/errors";
import { taskQuery } from "@/api/queries";
import { dismiss, toast } from "@/ui/toast";
import type { Conflict } from "./ConflictDialog";
import { overtaken } from "./conflict";
import { makeSeat, type Seat, seatForNext } from "./seat";
import type { Finished } from "./Workbench";
import { dropDraft, fetchNext, releaseLease, type Source, submit } from "./work";

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

/** A change of a finished task that somebody else's came before. */
interface Unsaved extends Conflict {
  at: number;
  /** Puts it on the table again. */
  reopen: () => void;
}

/** Order of work: the task in front, the one fetched ahead, and the trail of those already finished. */
export function useStream(project: Project, from: Source | null) {
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
  const [conflict, setConflict] = useState<Unsaved | null>(null);
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
        const theirs = overtaken(error);
        if (theirs) {
          const settle = () => setConflict({ work, theirs, at, reopen });
          toast(`Task ${task} was not saved: somebody else changed the annotation meanwhile.`, {
            tone: "danger",
            duration: 0,
            action: { label: "Compare", run: settle },
          });
          return;
        }
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

  const keepMine = ({ work, theirs, at }: Unsaved) => {
    setConflict(null);
    sendLater({ ...work, seat: { ...work.seat, annotation: theirs } }, at);
    // Where the task has been opened again, what is shown there is theirs.
    if (position === at) void goTo(at);
  };
  const takeTheirs = async ({ work, theirs, at }: Unsaved) => {
    setConflict(null);
    change(at, { annotation: theirs });
    await dropDraft(await work.draft);
    if (position === at) await goTo(at);
    toast(`Task ${theirs.task}: their version stays`, { tone: "ok" });
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

  const restored = async (annotation: Annotation, edits: ResultItem[] | null) => {
    leave.current = null;
    change(position, { annotation });
    const full = await client.fetchQuery({ ...taskQuery(annotation.task), staleTime: 0 });
    const seat = makeSeat(full, { annotation }, edits ?? undefined);
    setView({ at: "task", seat, dirty: edits !== null });
  };

  return {
    view,
    trail,
    position,
    done,
    leave,
    finish,
    restored: (annotation: Annotation, edits: ResultItem[] | null) => void restored(annotation, edits),
    takeBack: (at: number) => void takeBack(at),
    back: () => void goTo(position - 1),
    forward: () => void goTo(position + 1),
    conflict,
    keepMine,
    takeTheirs: (unsaved: Unsaved) => void takeTheirs(unsaved),
    goOn(unsaved: Unsaved) {
      setConflict(null);
      unsaved.reopen();
    },
    reload: () => void showNext(),
  };
}
