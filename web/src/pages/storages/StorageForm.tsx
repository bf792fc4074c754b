import { useMutation } from "@tanstack/react-query";
import { Plug } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { ApiError, errorText } from "@/api/errors";
import {
  changeStorage,
  createStorage,
  type Kind,
  listFiles,
  type Role,
  type Storage,
  type StorageFields,
  tryStorage,
} from "@/api/storages";
import { Button } from "@/ui/Button";
import { CheckField, SelectField, TextField } from "@/ui/Field";
import { FormDialog } from "@/ui/FormDialog";
import { Problems } from "@/ui/States";
import { BucketFields } from "./BucketFields";
import { begun, type Values, valuesOf } from "./values";
import { foundOf, KINDS, LATER, problemsOf } from "./words";

interface StorageFormProps {
  project: number;
  role: Role;
  /** The one to change; null connects a new one. */
  storage: Storage | null;
  onClose: () => void;
  onSaved: () => void;
}

/** Where a storage is, what opens it, and what is taken from it or written to it. It must answer to be saved. */
export function StorageForm({ project, role, storage, onClose, onSaved }: StorageFormProps) {
  const outcome = useRef<HTMLDivElement>(null);
  const [kind, setKind] = useState<Kind>(storage?.type === "localfiles" ? "localfiles" : "s3");
  const [values, setValues] = useState<Values>(() => begun(storage));
  const [tried, setTried] = useState(false);
  const fields = valuesOf(role, kind, values);
  const missing = problemsOf(kind, fields, storage?.has_credentials === true);
  const set = (patch: Partial<Values>) => {
    setValues({ ...values, ...patch });
    check.reset();
    save.reset();
  };
  const form = useRef<HTMLFormElement>(null);
  const told = () =>
    requestAnimationFrame(() => form.current?.querySelector<HTMLInputElement>("[aria-invalid]")?.focus());
  const check = useMutation({
    mutationFn: async () => {
      const asked = { ...fields, project, ...(storage ? { id: storage.id } : {}) };
      await tryStorage(role, kind, asked);
      if (role === "target") return "It answers. Nothing was written.";
      return foundOf(await listFiles(kind, asked));
    },
    onError: told,
  });
  const save = useMutation({
    mutationFn: (given: StorageFields) =>
      storage ? changeStorage(role, storage, given) : createStorage(role, kind, project, given),
    onSuccess: () => {
      onSaved();
      onClose();
    },
    onError: told,
  });
  const either = (ask: () => void) => {
    setTried(true);
    if (Object.keys(missing).length) told();
    else ask();
  };
  const failed = save.error ?? check.error;
  const refused = failed instanceof ApiError ? failed : null;
  const at = (name: keyof StorageFields) => (tried ? missing[name] : undefined) ?? refused?.fields[name]?.[0];
  const elsewhere = refused
    ? refused.messages.filter((message) => !namedAt(refused, values, message))
    : failed
      ? [errorText(failed)]
      : [];
  const said = check.data ?? elsewhere.join();
  useEffect(() => {
    // A form that is longer than the window does not hide what came of it.
    if (said) outcome.current?.scrollIntoView({ block: "nearest" });
  }, [said]);
  return (
    <FormDialog
      title={`${storage ? "Change this" : "Add a"} ${role}`}
      submit={storage ? "Save" : `Add ${role}`}
      busy={save.isPending}
      onSubmit={() => either(() => save.mutate(fields))}
      onClose={onClose}
      ref={form}
      extra={
        <Button icon={<Plug size={16} />} busy={check.isPending} onClick={() => either(() => check.mutate())}>
          Check connection
        </Button>
      }
    >
      {!storage && <KindField kind={kind} onChange={setKind} />}
      <TextField
        label="Name"
        data-autofocus={storage !== null || undefined}
        maxLength={256}
        hint="Left empty: where it is."
        value={values.title}
        onChange={(event) => set({ title: event.target.value })}
      />
      {kind === "s3" ? (
        <BucketFields role={role} values={values} storage={storage} at={at} onChange={set} />
      ) : (
        <TextField
          label="Directory"
          autoComplete="off"
          spellCheck={false}
          maxLength={2048}
          placeholder="/data/birds"
          hint="On the server's machine, in one that its operator opened to projects."
          error={at("path")}
          value={values.path}
          onChange={(event) => set({ path: event.target.value })}
        />
      )}
      {role === "source" ? (
        <SourceFields values={values} at={at} onChange={set} />
      ) : (
        <CheckField
          label="Delete objects of deleted annotations"
          hint="Else they stay as they were written last."
          checked={values.can_delete_objects}
          onChange={(value) => set({ can_delete_objects: value })}
        />
      )}
      <div ref={outcome} className="stack tight">
        <div role="status">{check.data && <p className="storage-fine">{check.data}</p>}</div>
        {elsewhere.length > 0 && <Problems title="Not connected" messages={elsewhere} />}
      </div>
    </FormDialog>
  );
}

/** Whether a message is shown at a field of the form already. */
function namedAt(error: ApiError, values: Values, message: string): boolean {
  return Object.entries(error.fields).some(
    ([name, said]) => name in values && said.some((each) => message.includes(each)),
  );
}

/** Which kind; those that Label Studio has and this release has not are named, so that nobody looks for them. */
function KindField({ kind, onChange }: { kind: Kind; onChange: (kind: Kind) => void }) {
  return (
    <fieldset className="storage-kinds">
      <legend>Where</legend>
      {KINDS.map(([name, title]) => (
        <label key={name}>
          <input
            type="radio"
            name="kind"
            className="tick"
            data-autofocus={kind === name || undefined}
            checked={kind === name}
            onChange={() => onChange(name)}
          />
          {title}
        </label>
      ))}
      <p className="field-note">Not in this release: {LATER.join(", ")}.</p>
    </fieldset>
  );
}

interface SourceFieldsProps {
  values: Values;
  at: (name: keyof StorageFields) => string | undefined;
  onChange: (patch: Partial<Values>) => void;
}

/** What is taken of a source. */
function SourceFields({ values, at, onChange }: SourceFieldsProps) {
  return (
    <>
      <SelectField
        label="Each object is"
        hint={
          values.use_blob_urls
            ? "A task is made that shows it."
            : "One task, a list of tasks, or a task a line, in JSON."
        }
        value={values.use_blob_urls ? "media" : "tasks"}
        onChange={(value) => onChange({ use_blob_urls: value === "media" })}
        options={[
          ["media", "something to label: an image, a recording, a text"],
          ["tasks", "a file of tasks"],
        ]}
      />
      <TextField
        label="Only keys that match"
        autoComplete="off"
        spellCheck={false}
        maxLength={2048}
        placeholder=".*\.jpg"
        hint="A regular expression that a key matches from its start. Left empty: all."
        error={at("regex_filter")}
        value={values.regex_filter}
        onChange={(event) => onChange({ regex_filter: event.target.value })}
      />
      <CheckField
        label="Folders within it too"
        checked={values.recursive_scan}
        onChange={(value) => onChange({ recursive_scan: value })}
      />
    </>
  );
}
