import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { BrainCircuit, FlaskConical, GraduationCap, Pencil, Plus, Sparkles, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Project, ProjectFields } from "@/api/contract";
import { errorText } from "@/api/errors";
import {
  type Backend,
  deleteBackend,
  lastRun,
  listBackends,
  modelVersions,
  predictAll,
  type Tried,
  trainBackend,
  tryBackend,
} from "@/api/models";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { CheckField, SelectField, TextField } from "@/ui/Field";
import { plural } from "@/ui/format";
import { Removal } from "@/ui/Removal";
import { Failure, Loading, Problems } from "@/ui/States";
import { toast } from "@/ui/toast";
import { ModelForm } from "./ModelForm";
import { Predicting } from "./Predicting";
import { isLive, stateOf } from "./words";
import "./models.css";

const LOOK = 5_000; // how often states are looked at, in milliseconds
const LOOK_RUN = 700;

interface ModelsProps {
  project: Project;
  onSave: (fields: ProjectFields) => void;
}

/** The models that predict for a project: connected, tried, trained, asked; and whose predictions count. */
export function Models({ project, onSave }: ModelsProps) {
  const client = useQueryClient();
  const key = ["models", project.id];
  const list = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => listBackends(project.id, signal),
    refetchInterval: LOOK,
  });
  const [form, setForm] = useState<{ backend: Backend | null } | null>(null);
  const [doomed, setDoomed] = useState<Backend | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: key });
  if (list.isError && !list.data) return <Failure error={list.error} retry={() => list.refetch()} />;
  if (!list.data) return <Loading rows={3} label="Loading models" />;
  const add = (
    <Button tone="primary" icon={<Plus size={16} />} onClick={() => setForm({ backend: null })}>
      Connect a model
    </Button>
  );
  return (
    <div className="models stack">
      {list.data.length === 0 ? (
        <Teach add={add} />
      ) : (
        <>
          <div className="row">
            <p className="muted grow">These servers predict for the tasks of this project.</p>
            {add}
          </div>
          <ul className="card list">
            {list.data.map((backend) => (
              <Card
                key={backend.id}
                backend={backend}
                onEdit={() => setForm({ backend })}
                onDelete={() => setDoomed(backend)}
                onChanged={refresh}
              />
            ))}
          </ul>
        </>
      )}
      <Choices project={project} connected={list.data.length > 0} onSave={onSave} />
      {form && (
        <ModelForm
          project={project.id}
          backend={form.backend}
          onClose={() => setForm(null)}
          onSaved={() => {
            refresh();
            toast(form.backend ? "Model saved" : "Model connected", { tone: "ok" });
          }}
        />
      )}
      {doomed && (
        <Removal
          title="Remove this model?"
          act="Remove model"
          done="Model removed"
          remove={() => deleteBackend(doomed.id)}
          onClose={() => setDoomed(null)}
          onDone={refresh}
        >
          <p>
            {doomed.title} is not asked any more, and is told of no annotations. What it is doing is stopped.
            The predictions that it made stay.
          </p>
        </Removal>
      )}
    </div>
  );
}

interface CardProps {
  backend: Backend;
  onEdit: () => void;
  onDelete: () => void;
  onChanged: () => Promise<void>;
}

/** One model: its state, what can be asked of it, and how the last run went. */
function Card({ backend, onEdit, onDelete, onChanged }: CardProps) {
  const client = useQueryClient();
  const run = useQuery({
    queryKey: ["run", backend.id],
    queryFn: async ({ signal }) => {
      const found = await lastRun(backend.id, signal);
      if (!isLive(found)) {
        client.invalidateQueries({ queryKey: ["models", backend.project] });
        client.invalidateQueries({ queryKey: ["model-versions", backend.project] });
        client.invalidateQueries({ queryKey: ["project", backend.project] });
      }
      return found;
    },
    refetchInterval: (query) => (isLive(query.state.data) ? LOOK_RUN : false),
  });
  const [tried, setTried] = useState<Tried | null>(null);
  const told = (error: unknown) => toast(errorText(error), { tone: "danger" });
  const attempt = useMutation({
    mutationFn: () => tryBackend(backend.id),
    onSuccess: setTried,
    onError: told,
    onSettled: onChanged,
  });
  const train = useMutation({
    mutationFn: () => trainBackend(backend.id),
    onSuccess: () => {
      toast(`${backend.title} was told to train`, { tone: "ok" });
      return onChanged();
    },
    onError: told,
  });
  const predict = useMutation({
    mutationFn: () => predictAll(backend.id, false),
    onSuccess: (begun) => {
      client.setQueryData(["run", backend.id], begun);
      return onChanged();
    },
    onError: told,
  });
  const live = isLive(run.data);
  const [word, tone] = stateOf(backend);
  return (
    <li className="item">
      <div className="item-head">
        <div className="item-main">
          <p className="item-name clip">{backend.title}</p>
          <p className="item-facts muted small">
            <span className={`badge${tone ? ` badge-${tone}` : ""}`}>{word}</span>
            <span className="clip" title={backend.url}>
              {backend.url}
            </span>
            {backend.model_version && <span>version {backend.model_version}</span>}
            {backend.is_interactive && <span>asked while labeling</span>}
          </p>
        </div>
        <div className="item-tools">
          <Button
            icon={<Sparkles size={16} />}
            busy={predict.isPending}
            disabled={live}
            title="Predict for all tasks that have no prediction of this version"
            onClick={() => predict.mutate()}
          >
            Predict all
          </Button>
          <Button
            icon={<GraduationCap size={16} />}
            busy={train.isPending}
            title="Tell it to train with the annotations"
            onClick={() => train.mutate()}
          >
            Train
          </Button>
          <Button
            icon={<FlaskConical size={16} />}
            busy={attempt.isPending}
            title="Send it one task and look at the answer"
            onClick={() => attempt.mutate()}
          >
            Test
          </Button>
          <Button
            tone="quiet"
            icon={<Pencil size={16} />}
            aria-label={`Change ${backend.title}`}
            title="Change"
            onClick={onEdit}
          />
          <Button
            tone="quiet"
            icon={<Trash2 size={16} />}
            aria-label={`Remove ${backend.title}`}
            title="Remove"
            onClick={onDelete}
          />
        </div>
      </div>
      {backend.error_message && <p className="bad small">{backend.error_message}</p>}
      {run.data && <Predicting run={run.data} name={backend.title} />}
      {tried && <Trial tried={tried} name={backend.title} onClose={() => setTried(null)} />}
    </li>
  );
}

/** One task sent, and what came back. */
function Trial({ tried, name, onClose }: { tried: Tried; name: string; onClose: () => void }) {
  return (
    <Dialog
      open
      size="medium"
      title={`A test of ${name}`}
      onClose={onClose}
      footer={
        <Button tone="primary" onClick={onClose} data-autofocus>
          Done
        </Button>
      }
    >
      {tried.error_message ? (
        <Problems
          title={tried.response === null ? "There is no answer" : "The answer cannot be used"}
          messages={[tried.error_message]}
        />
      ) : (
        <p>The answer fits the labeling set-up. It was not stored.</p>
      )}
      <h3>The task</h3>
      <pre className="example">{JSON.stringify(tried.task?.data ?? null, null, 2)}</pre>
      {tried.response !== null && (
        <>
          <h3>The answer</h3>
          <pre className="example">{JSON.stringify(tried.response, null, 2)}</pre>
        </>
      )}
    </Dialog>
  );
}

/** Whose predictions count, and whether opened tasks are predicted for. */
function Choices({ project, connected, onSave }: ModelsProps & { connected: boolean }) {
  const versions = useQuery({
    queryKey: ["model-versions", project.id],
    queryFn: ({ signal }) => modelVersions(project.id, signal),
  });
  const known = Object.entries(versions.data ?? {});
  const names = new Set(known.map(([name]) => name));
  const missing = project.model_version && !names.has(project.model_version) ? [project.model_version] : [];
  if (known.length === 0 && !connected) return null;
  return (
    <section className="model-choices stack tight" aria-label="Use of predictions">
      <SelectField
        label="Predictions to show"
        hint="Annotators see those of this version, and tasks are ordered by its scores."
        value={project.model_version}
        onChange={(value) => onSave({ model_version: value })}
        options={[
          ["", "of all versions"],
          ...known.map(([name, number]) => [name, `${name} (${plural(number, "prediction")})`] as const),
          ...missing.map((name) => [name, `${name} (no predictions)`] as const),
        ]}
      />
      {connected && (
        <TextField
          key={project.min_annotations_to_start_training}
          label="Train after so many annotated tasks"
          type="number"
          min={0}
          max={1_000_000_000}
          hint="Models are told to train whenever so many more tasks have annotations. 0: only when somebody asks."
          defaultValue={project.min_annotations_to_start_training}
          onBlur={(event) => {
            const typed = Math.round(event.target.valueAsNumber);
            const value = Math.min(1_000_000_000, Math.max(0, Number.isFinite(typed) ? typed : 0));
            event.target.value = String(value);
            if (value !== project.min_annotations_to_start_training) {
              onSave({ min_annotations_to_start_training: value });
            }
          }}
          onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
        />
      )}
      <CheckField
        label="Predict when a task is opened"
        hint="A task without a prediction gets one before it is shown. Nobody waits longer than a moment for it."
        checked={project.evaluate_predictions_automatically}
        onChange={(value) => onSave({ evaluate_predictions_automatically: value })}
      />
    </section>
  );
}

const EXAMPLE = `pip install label-studio-ml
label-studio-ml init my_model --script model.py
label-studio-ml start my_model --port 9090`;

/** Before the first one: what it is for, and where it comes from. */
function Teach({ add }: { add: React.ReactNode }) {
  return (
    <section className="teach" aria-labelledby="model-teach">
      <div className="state-icon">
        <BrainCircuit size={24} aria-hidden />
      </div>
      <h2 id="model-teach">Let a model label first</h2>
      <p>
        A model server answers each task with a prediction. People correct it instead of starting from
        nothing, and the least certain tasks can come first.
      </p>
      <pre className="example">{EXAMPLE}</pre>
      <ul className="bullets">
        <li>Every answer is checked against the labeling set-up; what does not fit is said, task by task.</li>
        <li>It hears of each annotation, so it can learn while people work.</li>
      </ul>
      <div>{add}</div>
    </section>
  );
}
