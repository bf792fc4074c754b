import { useMutation } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { useId, useRef, useState } from "react";
import { ApiError, errorText } from "@/api/errors";
import { type Action, changeWebhook, createWebhook, type Webhook, type WebhookFields } from "@/api/webhooks";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { CheckField, TextField } from "@/ui/Field";
import { FormDialog } from "@/ui/FormDialog";
import { Secret } from "@/ui/Secret";
import { Problems } from "@/ui/States";
import { addressProblem, groups, type HeaderRow, headersOf, KEPT, nameOf } from "./words";

interface WebhookFormProps {
  project: number | null;
  /** The one to change; null makes a new one. */
  hook: Webhook | null;
  actions: Readonly<Record<string, Action>>;
  onClose: () => void;
  onSaved: (hook: Webhook) => void;
}

/** Where to send, of what, and with which headers; at the end the secret of a new one. */
export function WebhookForm({ project, hook, actions, onClose, onSaved }: WebhookFormProps) {
  const nextKey = useRef(0);
  const rowOf = (name: string, value: string): HeaderRow => ({ key: nextKey.current++, name, value });
  const [url, setUrl] = useState(hook?.url ?? "");
  const [every, setEvery] = useState(hook?.send_for_all_actions ?? true);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(() => new Set(hook?.actions));
  const [payload, setPayload] = useState(hook?.send_payload ?? true);
  const [headers, setHeaders] = useState<readonly HeaderRow[]>(() =>
    Object.keys(hook?.headers ?? {}).map((name) => rowOf(name, KEPT)),
  );
  const [tried, setTried] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const save = useMutation({
    mutationFn: (fields: WebhookFields) =>
      hook ? changeWebhook(hook.id, fields) : createWebhook(project, fields),
    onSuccess: (saved) => {
      onSaved(saved);
      if ("secret" in saved && typeof saved.secret === "string") setSecret(saved.secret);
      else onClose();
    },
    onError: (error) => {
      if (error instanceof ApiError && error.fields.url) toAddress();
    },
  });
  const problem = addressProblem(url);
  const nothing = !every && chosen.size === 0;
  const refused = save.error instanceof ApiError ? save.error : null;
  const ofAddress = refused?.fields.url?.[0];
  const form = useRef<HTMLFormElement>(null);
  const toAddress = () => form.current?.querySelector<HTMLInputElement>("input[type=url]")?.focus();
  const submit = () => {
    setTried(true);
    if (problem) toAddress();
    if (problem || nothing) return;
    save.mutate({
      url: url.trim(),
      send_payload: payload,
      send_for_all_actions: every,
      actions: every ? [] : [...chosen],
      headers: headersOf(headers),
      is_active: hook?.is_active ?? true,
    });
  };
  if (secret) {
    return (
      <Dialog
        open
        title="The webhook is there"
        onClose={onClose}
        footer={
          <Button tone="primary" onClick={onClose}>
            Done
          </Button>
        }
      >
        <p>
          Each request is signed with this secret, in the header <code>X-Labelyard-Signature</code>, so that
          the receiver can tell ours from others.
        </p>
        <Secret value={secret} note="Copy it now: it cannot be shown again." />
      </Dialog>
    );
  }
  return (
    <FormDialog
      title={hook ? "Change the webhook" : "Add a webhook"}
      submit={hook ? "Save" : "Add webhook"}
      busy={save.isPending}
      onSubmit={submit}
      onClose={onClose}
      ref={form}
    >
      <TextField
        label="Address"
        type="url"
        inputMode="url"
        placeholder="https://hooks.example.org/labels"
        autoComplete="off"
        spellCheck={false}
        maxLength={2048}
        data-autofocus
        value={url}
        error={tried ? (problem ?? ofAddress) : undefined}
        onChange={(event) => setUrl(event.target.value)}
      />
      <ActionChoice
        {...{ actions, every, chosen }}
        ofProject={project !== null}
        error={tried && nothing ? "Choose at least one, or everything." : undefined}
        onEvery={setEvery}
        onChosen={setChosen}
      />
      <CheckField
        label="Send the objects"
        hint="Tasks, annotations and the project, as the API shows them. Without it only what happened is said."
        checked={payload}
        onChange={setPayload}
      />
      <Headers rows={headers} onChange={setHeaders} onAdd={() => setHeaders([...headers, rowOf("", "")])} />
      {save.isError && !ofAddress && (
        <Problems title="Not saved" messages={refused?.messages ?? [errorText(save.error)]} />
      )}
    </FormDialog>
  );
}

interface ActionChoiceProps {
  actions: Readonly<Record<string, Action>>;
  ofProject: boolean;
  every: boolean;
  chosen: ReadonlySet<string>;
  error: string | undefined;
  onEvery: (every: boolean) => void;
  onChosen: (chosen: ReadonlySet<string>) => void;
}

function ActionChoice({ actions, ofProject, every, chosen, error, onEvery, onChosen }: ActionChoiceProps) {
  const note = useId();
  const toggle = (name: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(name);
    else next.delete(name);
    onChosen(next);
  };
  return (
    <fieldset
      className={`hook-actions${error ? " field-bad" : ""}`}
      aria-describedby={error ? note : undefined}
    >
      <legend>Tell of</legend>
      <div className="hook-radios">
        <label>
          <input type="radio" name="every" className="tick" checked={every} onChange={() => onEvery(true)} />
          everything
        </label>
        <label>
          <input
            type="radio"
            name="every"
            className="tick"
            checked={!every}
            onChange={() => onEvery(false)}
          />
          chosen events
        </label>
      </div>
      {!every && (
        <div className="hook-groups">
          {groups(actions, ofProject).map(([heading, names]) => (
            <fieldset key={heading} className="hook-group">
              <legend>{heading}</legend>
              {names.map((name) => (
                <label key={name} title={actions[name]?.description}>
                  <input
                    type="checkbox"
                    className="tick"
                    checked={chosen.has(name)}
                    onChange={(event) => toggle(name, event.target.checked)}
                  />
                  {nameOf(name, actions)}
                </label>
              ))}
            </fieldset>
          ))}
        </div>
      )}
      {error && (
        <p id={note} className="field-note" role="alert">
          {error}
        </p>
      )}
    </fieldset>
  );
}

interface HeadersProps {
  rows: readonly HeaderRow[];
  onChange: (rows: readonly HeaderRow[]) => void;
  onAdd: () => void;
}

function Headers({ rows, onChange, onAdd }: HeadersProps) {
  const set = (key: number, patch: Partial<HeaderRow>) =>
    onChange(rows.map((row) => (row.key === key ? { ...row, ...patch } : row)));
  return (
    <fieldset className="hook-headers">
      <legend>Headers</legend>
      <p className="field-note">
        Sent along, for example <code>Authorization</code>. Values are stored encrypted and not shown again.
      </p>
      {rows.map((row, place) => (
        <div key={row.key} className="hook-header">
          <input
            className="input"
            aria-label={`Name of header ${place + 1}`}
            placeholder="Name"
            spellCheck={false}
            maxLength={128}
            value={row.name}
            onChange={(event) => set(row.key, { name: event.target.value })}
          />
          <input
            className="input"
            aria-label={`Value of header ${place + 1}`}
            placeholder="Value"
            autoComplete="off"
            spellCheck={false}
            maxLength={4096}
            value={row.value}
            onFocus={(event) => row.value === KEPT && event.target.select()}
            onChange={(event) => set(row.key, { value: event.target.value })}
          />
          <Button
            tone="quiet"
            icon={<X size={16} />}
            aria-label={`Remove header ${place + 1}`}
            onClick={() => onChange(rows.filter((each) => each.key !== row.key))}
          />
        </div>
      ))}
      {rows.length < 50 && (
        <div>
          <Button icon={<Plus size={16} />} onClick={onAdd}>
            Add header
          </Button>
        </div>
      )}
    </fieldset>
  );
}
