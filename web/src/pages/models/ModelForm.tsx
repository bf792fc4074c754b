import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { ApiError, errorText } from "@/api/errors";
import { type Backend, type BackendFields, changeBackend, createBackend } from "@/api/models";
import { CheckField, TextField } from "@/ui/Field";
import { FormDialog } from "@/ui/FormDialog";
import { Problems } from "@/ui/States";
import { addressProblem } from "./words";

interface ModelFormProps {
  project: number;
  /** The one to change; null connects a new one. */
  backend: Backend | null;
  onClose: () => void;
  onSaved: () => void;
}

/** Where a model server listens, and how it is asked. It is tried before it is saved. */
export function ModelForm({ project, backend, onClose, onSaved }: ModelFormProps) {
  const [url, setUrl] = useState(backend?.url ?? "");
  const [title, setTitle] = useState(backend?.title ?? "");
  const [interactive, setInteractive] = useState(backend?.is_interactive ?? false);
  const [timeout, setTimeout] = useState(backend?.timeout ?? 100);
  const [login, setLogin] = useState(backend?.auth_method === "BASIC_AUTH");
  const [user, setUser] = useState(backend?.basic_auth_user ?? "");
  const [password, setPassword] = useState("");
  const [tried, setTried] = useState(false);
  const problem = addressProblem(url);
  const save = useMutation({
    mutationFn: (fields: BackendFields) =>
      backend ? changeBackend(backend.id, fields) : createBackend(project, fields),
    onSuccess: () => {
      onSaved();
      onClose();
    },
  });
  const form = useRef<HTMLFormElement>(null);
  const toAddress = () => form.current?.querySelector<HTMLInputElement>("input[type=url]")?.focus();
  const submit = () => {
    setTried(true);
    if (problem) {
      toAddress();
      return;
    }
    save.mutate({
      url: url.trim(),
      title: title.trim(),
      is_interactive: interactive,
      timeout,
      auth_method: login ? "BASIC_AUTH" : "NONE",
      basic_auth_user: login ? user : "",
      ...(login && password ? { basic_auth_pass: password } : {}),
    });
  };
  const messages = save.error instanceof ApiError ? save.error.messages : [errorText(save.error)];
  return (
    <FormDialog
      title={backend ? "Change this model" : "Connect a model"}
      submit={backend ? "Save" : "Connect"}
      busy={save.isPending}
      onSubmit={submit}
      onClose={onClose}
      ref={form}
    >
      <TextField
        label="Address"
        type="url"
        data-autofocus
        autoComplete="off"
        spellCheck={false}
        placeholder="http://localhost:9090"
        maxLength={2048}
        hint="Of a server that speaks the ML backend protocol, such as one started with label-studio-ml."
        error={(tried && problem) || undefined}
        value={url}
        onChange={(event) => setUrl(event.target.value)}
      />
      <TextField
        label="Name"
        maxLength={1000}
        hint="Left empty: host and port."
        value={title}
        onChange={(event) => setTitle(event.target.value)}
      />
      <TextField
        label="Seconds it may take"
        type="number"
        min={1}
        max={3600}
        hint="For one request with some tasks. A slow model is sent fewer at a time."
        value={timeout}
        onChange={(event) =>
          setTimeout(Math.min(3600, Math.max(1, Math.round(event.target.valueAsNumber || 1))))
        }
      />
      <CheckField
        label="Ask it while somebody labels"
        hint="For models that complete what a person begins to draw."
        checked={interactive}
        onChange={setInteractive}
      />
      <CheckField label="It asks for a user name and password" checked={login} onChange={setLogin} />
      {login && (
        <>
          <TextField
            label="User name"
            autoComplete="off"
            maxLength={256}
            value={user}
            onChange={(event) => setUser(event.target.value)}
          />
          <TextField
            label="Password"
            type="password"
            autoComplete="new-password"
            maxLength={1024}
            hint={
              backend?.basic_auth_pass_is_set
                ? "One is stored. Leave this empty to keep it; a new address needs it again."
                : "Stored encrypted, and never shown again."
            }
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </>
      )}
      {save.isError && <Problems title="Not connected" messages={messages} />}
    </FormDialog>
  );
}
