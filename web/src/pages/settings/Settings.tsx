import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { api, bodyOf } from "@/api/client";
import type { Project, ProjectFields } from "@/api/contract";
import { ApiError, errorText } from "@/api/errors";
import { projectQuery } from "@/api/queries";
import { Shell } from "@/app/Shell";
import { Models } from "@/pages/models/Models";
import { Storages } from "@/pages/storages/Storages";
import { Webhooks } from "@/pages/webhooks/Webhooks";
import { titleProblem } from "@/pages/wizard/wizard";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { AreaField, CheckField, SelectField, TextField } from "@/ui/Field";
import { plural } from "@/ui/format";
import { Places } from "@/ui/Places";
import { Failure, Loading, Problems } from "@/ui/States";
import { toast } from "@/ui/toast";
import { DeletedTasks } from "./DeletedTasks";
import { Labeling } from "./Labeling";
import { ProjectMembers } from "./ProjectMembers";
import "./settings.css";

const PLACES = [
  ["", "General"],
  ["labeling", "Labeling set-up"],
  ["members", "Members"],
  ["models", "Models"],
  ["storage", "Cloud storage"],
  ["webhooks", "Webhooks"],
  ["danger-zone", "Danger zone"],
] as const;

export default function Settings({ projectId }: { projectId: number }) {
  const project = useQuery(projectQuery(projectId));
  const [location] = useLocation();
  const base = `/projects/${projectId}/settings`;
  const place = PLACES.find(([path]) => path && location.startsWith(`${base}/${path}`))?.[0] ?? "";
  useEffect(() => {
    document.title = "Settings · Labelyard";
  }, []);
  return (
    <Shell
      projectId={projectId}
      full={place === "labeling"}
      title={
        <>
          <h1>Settings</h1>
          <Places label="Settings" base={base} places={PLACES} here={place} />
        </>
      }
    >
      {project.isError && <Failure error={project.error} retry={() => project.refetch()} />}
      {project.isPending && <Loading rows={6} label="Loading settings" />}
      {project.data && place === "" && <General key={project.data.id} project={project.data} />}
      {project.data && place === "labeling" && <Labeling key={project.data.id} project={project.data} />}
      {project.data && place === "members" && <ProjectMembers project={project.data} />}
      {project.data && place === "models" && <ModelPlace project={project.data} />}
      {project.data && place === "storage" && <Storages project={project.data.id} />}
      {project.data && place === "webhooks" && <Webhooks project={project.data.id} />}
      {project.data && place === "danger-zone" && <Danger project={project.data} />}
    </Shell>
  );
}

/** Saves some fields and makes every page that shows the project see them. */
function useSave(project: Project, done: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: ProjectFields) =>
      bodyOf(api.PATCH("/api/projects/{id}", { params: { path: { id: project.id } }, body })),
    onSuccess: (fresh) => {
      client.setQueryData(["project", project.id], (old: Project | undefined) => ({
        ...old,
        ...withoutNulls(fresh),
      }));
      client.invalidateQueries({ queryKey: ["projects"] });
      client.invalidateQueries({ queryKey: ["columns", project.id] });
      toast(done, { tone: "ok" });
    },
  });
}

/** Answers to changes leave the counters null; what was known stays. */
function withoutNulls(fresh: Project): Partial<Project> {
  return Object.fromEntries(Object.entries(fresh).filter(([, value]) => value !== null)) as Partial<Project>;
}

function messages(error: unknown): readonly string[] {
  return error instanceof ApiError ? error.messages : [errorText(error)];
}

function General({ project }: { project: Project }) {
  const [form, setForm] = useState<ProjectFields>({});
  const save = useSave(project, "Settings saved");
  const now = { ...project, ...form };
  const set = (patch: ProjectFields) => setForm((before) => ({ ...before, ...patch }));
  const problem = form.title === undefined ? null : titleProblem(form.title);
  const changed = Object.keys(form).length > 0;
  return (
    <form
      className="settings"
      onSubmit={(event) => {
        event.preventDefault();
        if (!problem) save.mutate(form, { onSuccess: () => setForm({}) });
      }}
    >
      <TextField
        label="Name"
        value={now.title}
        error={problem ?? undefined}
        onChange={(event) => set({ title: event.target.value })}
      />
      <AreaField
        label="Description"
        rows={3}
        value={now.description}
        onChange={(event) => set({ description: event.target.value })}
      />
      <AreaField
        label="Instructions"
        hint="For the people who label. Plain text or simple HTML."
        rows={6}
        value={now.expert_instruction}
        onChange={(event) => set({ expert_instruction: event.target.value })}
      />
      <CheckField
        label="Show the instructions before labeling starts"
        checked={now.show_instruction}
        onChange={(value) => set({ show_instruction: value })}
      />
      <SelectField
        label="Order of tasks"
        value={now.sampling}
        onChange={(value) => set({ sampling: value as Project["sampling"] })}
        options={[
          ["Sequential sampling", "As imported"],
          ["Uniform sampling", "Random"],
          ["Uncertainty sampling", "Least certain prediction first"],
          ["Lowest score sampling", "Lowest mean score of all predictions first"],
          ["Highest score sampling", "Highest mean score of all predictions first"],
        ]}
      />
      <TextField
        label="Annotations per task"
        type="number"
        min={1}
        max={1000}
        hint="A task is finished when this many people have answered it."
        value={now.maximum_annotations}
        onChange={(event) =>
          set({ maximum_annotations: Math.max(1, Math.round(event.target.valueAsNumber || 1)) })
        }
      />
      <CheckField
        label="Tasks may be skipped"
        checked={now.show_skip_button}
        onChange={(value) => set({ show_skip_button: value })}
      />
      {now.show_skip_button && (
        <SelectField
          label="A skipped task"
          value={now.skip_queue}
          onChange={(value) => set({ skip_queue: value as Project["skip_queue"] })}
          options={[
            ["REQUEUE_FOR_OTHERS", "goes to someone else"],
            ["REQUEUE_FOR_ME", "comes back to the same person at the end"],
            ["IGNORE_SKIPPED", "counts as answered"],
          ]}
        />
      )}
      <CheckField
        label="Accept empty answers"
        hint="For tasks in which there may be nothing to mark."
        checked={now.enable_empty_annotation}
        onChange={(value) => set({ enable_empty_annotation: value })}
      />
      <CheckField
        label="Start from predictions"
        hint="A task with a prediction opens with it filled in, ready to be corrected."
        checked={now.show_collab_predictions}
        onChange={(value) => set({ show_collab_predictions: value })}
      />
      {save.isError && <Problems title="Not saved" messages={messages(save.error)} />}
      <div className="row">
        <Button type="submit" tone="primary" disabled={!changed || problem !== null} busy={save.isPending}>
          Save
        </Button>
        {changed && (
          <Button tone="quiet" onClick={() => setForm({})}>
            Discard changes
          </Button>
        )}
      </div>
    </form>
  );
}

/** Choices about predictions are saved as they are made. */
function ModelPlace({ project }: { project: Project }) {
  const save = useSave(project, "Settings saved");
  return (
    <Models
      project={save.isPending ? { ...project, ...save.variables } : project}
      onSave={(fields) =>
        save.mutate(fields, { onError: (error) => toast(errorText(error), { tone: "danger" }) })
      }
    />
  );
}

function Danger({ project }: { project: Project }) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const [asking, setAsking] = useState<"tasks" | "project" | null>(null);
  const [typed, setTyped] = useState("");
  const name = project.title || `Project ${project.id}`;
  const losses = `${plural(project.task_number ?? 0, "task")}, ${plural(project.total_annotations_number ?? 0, "annotation")} and ${plural(project.total_predictions_number ?? 0, "prediction")}`;
  const remove = useMutation({
    mutationFn: async (what: "tasks" | "project") => {
      const params = { path: { id: project.id } };
      if (what === "tasks") await api.DELETE("/api/projects/{id}/tasks", { params });
      else await api.DELETE("/api/projects/{id}", { params });
      return what;
    },
    onSuccess: (what) => {
      client.removeQueries({ queryKey: ["tasks", project.id] });
      for (const key of ["projects", "project", "columns"]) client.invalidateQueries({ queryKey: [key] });
      close();
      toast(what === "tasks" ? "All tasks deleted" : `Project “${name}” deleted`);
      if (what === "project") navigate("/projects");
    },
  });
  const close = () => {
    setAsking(null);
    setTyped("");
    remove.reset();
  };
  return (
    <div className="settings">
      <section className="danger card">
        <div>
          <h2>Delete all tasks</h2>
          <p className="muted">The project and its set-up stay. {losses} are destroyed.</p>
        </div>
        <Button
          icon={<Trash2 size={16} />}
          disabled={!project.task_number}
          onClick={() => setAsking("tasks")}
        >
          Delete tasks
        </Button>
      </section>
      <section className="danger card">
        <div>
          <h2>Delete this project</h2>
          <p className="muted">The project with {losses} is destroyed.</p>
        </div>
        <Button tone="danger" icon={<Trash2 size={16} />} onClick={() => setAsking("project")}>
          Delete project
        </Button>
      </section>
      <DeletedTasks project={project.id} />
      <Dialog
        open={asking !== null}
        onClose={close}
        title={asking === "tasks" ? "Delete all tasks?" : "Delete this project?"}
        footer={
          <>
            <Button onClick={close}>Keep it</Button>
            <Button
              tone="danger"
              disabled={typed !== name}
              busy={remove.isPending}
              onClick={() => asking && remove.mutate(asking)}
            >
              Delete for good
            </Button>
          </>
        }
      >
        <p>This destroys {losses}. It cannot be undone; export first what you want to keep.</p>
        <TextField
          label={`Type “${name}” to confirm`}
          value={typed}
          data-autofocus
          autoComplete="off"
          onChange={(event) => setTyped(event.target.value)}
        />
        {remove.isError && <Problems messages={messages(remove.error)} />}
      </Dialog>
    </div>
  );
}
