import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight, ListFilter } from "lucide-react";
import { useEffect, useState } from "react";
import { useSearchParams } from "wouter";
import type { Project } from "@/api/contract";
import { projectQuery } from "@/api/queries";
import { Shell } from "@/app/Shell";
import { useCommands } from "@/app/useCommands";
import { Button } from "@/ui/Button";
import { count, share } from "@/ui/format";
import { Progress } from "@/ui/Progress";
import { Failure } from "@/ui/States";
import { ConflictDialog } from "./ConflictDialog";
import { Finish } from "./Finish";
import { SITTING } from "./seat";
import { type Handed, useHanded } from "./useHanded";
import { useStream } from "./useStream";
import { Workbench } from "./Workbench";

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
  const { conflict } = stream;
  const choice = conflict && (
    <ConflictDialog
      project={project}
      conflict={conflict}
      onMine={() => stream.keepMine(conflict)}
      onTheirs={() => stream.takeTheirs(conflict)}
      onBack={() => stream.goOn(conflict)}
    />
  );
  if (view.at === "done")
    return (
      <>
        <Finish
          project={project}
          handed={handed}
          onBack={trail.length > 0 ? stream.back : undefined}
          onAgain={stream.reload}
        />
        {choice}
      </>
    );
  if (view.at === "loading")
    return <div className="bench-wait" role="status" aria-label="Loading the task" />;
  const { seat } = view;
  return (
    <>
      <Workbench
        project={project}
        seat={seat}
        startDirty={view.dirty}
        canSkip={project.show_skip_button && seat.task.allow_skip !== false}
        leave={stream.leave}
        onFinish={stream.finish}
        onRestored={stream.restored}
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
      {choice}
    </>
  );
}
