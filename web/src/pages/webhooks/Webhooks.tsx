import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ChevronDown, KeyRound, Pencil, Plus, Send, Trash2, Webhook as WebhookIcon } from "lucide-react";
import { useId, useState } from "react";
import { errorText } from "@/api/errors";
import {
  type Action,
  changeWebhook,
  deleteWebhook,
  listActions,
  listDeliveries,
  listWebhooks,
  testWebhook,
  type Webhook,
} from "@/api/webhooks";
import { Button } from "@/ui/Button";
import { Removal } from "@/ui/Removal";
import { Failure, Loading } from "@/ui/States";
import { Switch } from "@/ui/Switch";
import { Time } from "@/ui/Time";
import { toast } from "@/ui/toast";
import { Deliveries } from "./Deliveries";
import { NewSecret } from "./NewSecret";
import { WebhookForm } from "./WebhookForm";
import { heard, outcome } from "./words";
import "./webhooks.css";

/** The webhooks of a project, or with `project` null those of the organization. */
export function Webhooks({ project }: { project: number | null }) {
  const client = useQueryClient();
  const key = ["webhooks", project];
  const list = useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => {
      const found = await listWebhooks(project, signal);
      return project === null ? found.filter((each) => each.project === null) : found;
    },
  });
  const actions = useQuery({ queryKey: ["webhook-actions"], queryFn: listActions, staleTime: Infinity });
  const [form, setForm] = useState<{ hook: Webhook | null } | null>(null);
  const [doomed, setDoomed] = useState<Webhook | null>(null);
  const [rekeyed, setRekeyed] = useState<Webhook | null>(null);
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  const open = (id: number, on: boolean) => {
    const next = new Set(opened);
    if (on) next.add(id);
    else next.delete(id);
    setOpened(next);
  };
  const refresh = () => client.invalidateQueries({ queryKey: key });
  const failed = list.error ?? actions.error;
  if (failed && !(list.data && actions.data)) {
    return <Failure error={failed} retry={() => Promise.all([list.refetch(), actions.refetch()])} />;
  }
  if (!list.data || !actions.data) return <Loading rows={3} label="Loading webhooks" />;
  const known = actions.data;
  const add = (
    <Button tone="primary" icon={<Plus size={16} />} onClick={() => setForm({ hook: null })}>
      Add webhook
    </Button>
  );
  return (
    <div className="hooks stack tight">
      {list.data.length === 0 ? (
        <Teach project={project} add={add} />
      ) : (
        <>
          <div className="row">
            <p className="muted grow">
              {project === null
                ? "These addresses are told of what happens in all projects."
                : "These addresses are told of what happens in this project."}
            </p>
            {add}
          </div>
          <ul className="card list">
            {list.data.map((hook) => (
              <Card
                key={hook.id}
                hook={hook}
                actions={known}
                open={opened.has(hook.id)}
                onOpen={(on) => open(hook.id, on)}
                onEdit={() => setForm({ hook })}
                onSecret={() => setRekeyed(hook)}
                onDelete={() => setDoomed(hook)}
                onChanged={refresh}
              />
            ))}
          </ul>
        </>
      )}
      {form && (
        <WebhookForm
          project={project}
          hook={form.hook}
          actions={known}
          onClose={() => setForm(null)}
          onSaved={() => {
            refresh();
            if (form.hook) toast("Webhook saved", { tone: "ok" });
          }}
        />
      )}
      {rekeyed && <NewSecret hook={rekeyed} onClose={() => setRekeyed(null)} />}
      {doomed && (
        <Removal
          title="Delete this webhook?"
          act="Delete webhook"
          done="Webhook deleted"
          remove={() => deleteWebhook(doomed.id)}
          onClose={() => setDoomed(null)}
          onDone={refresh}
        >
          <p>
            {doomed.url} is not told anything any more. Its log, and what it was still to be told, go with it.
            To pause it, switch it off instead.
          </p>
        </Removal>
      )}
    </div>
  );
}

interface CardProps {
  hook: Webhook;
  actions: Readonly<Record<string, Action>>;
  open: boolean;
  onOpen: (open: boolean) => void;
  onEdit: () => void;
  onSecret: () => void;
  onDelete: () => void;
  onChanged: () => Promise<void>;
}

/** One webhook: where it leads, what it hears of, how the last delivery went, and its log. */
function Card({ hook, actions, open, onOpen, onEdit, onSecret, onDelete, onChanged }: CardProps) {
  const client = useQueryClient();
  const details = useId();
  const follow = () => client.invalidateQueries({ queryKey: ["deliveries", hook.id] });
  const turn = useMutation({
    mutationFn: (on: boolean) => changeWebhook(hook.id, { is_active: on, actions: hook.actions }),
    onSuccess: onChanged,
    onError: (error) => toast(errorText(error), { tone: "danger" }),
  });
  const test = useMutation({
    mutationFn: () => testWebhook(hook.id),
    onSuccess: () => {
      onOpen(true);
      return follow();
    },
    onError: (error) => toast(errorText(error), { tone: "danger" }),
  });
  const on = turn.isPending ? turn.variables : hook.is_active;
  return (
    <li className={`item${on ? "" : " hook-off"}`}>
      <div className="item-head">
        <Switch label={`Send to ${hook.url}`} checked={on} onChange={(value) => turn.mutate(value)} />
        <div className="item-main">
          <p className="item-name clip" title={hook.url}>
            {hook.url}
          </p>
          <p className="item-facts muted small">
            <span>{heard(hook, actions)}</span>
            <Last hook={hook} />
          </p>
        </div>
        <div className="item-tools">
          <Button
            icon={<Send size={16} />}
            busy={test.isPending}
            disabled={!on}
            title={on ? "Send a test, and see in the log what comes back" : "Switched off"}
            onClick={() => test.mutate()}
          >
            Send test
          </Button>
          <Button
            tone="quiet"
            icon={<Pencil size={16} />}
            aria-label={`Change ${hook.url}`}
            title="Change"
            onClick={onEdit}
          />
          <Button
            tone="quiet"
            icon={<KeyRound size={16} />}
            aria-label={`New secret for ${hook.url}`}
            title="New secret"
            onClick={onSecret}
          />
          <Button
            tone="quiet"
            icon={<Trash2 size={16} />}
            aria-label={`Delete ${hook.url}`}
            title="Delete"
            onClick={onDelete}
          />
          <Button
            tone="quiet"
            className={open ? "hook-open" : ""}
            icon={<ChevronDown size={16} />}
            aria-label={`Deliveries to ${hook.url}`}
            title="Deliveries"
            aria-expanded={open}
            aria-controls={details}
            onClick={() => onOpen(!open)}
          />
        </div>
      </div>
      <div id={details} hidden={!open}>
        {open && <Deliveries hook={hook} />}
      </div>
    </li>
  );
}

/** How the last delivery went. */
function Last({ hook }: { hook: Webhook }) {
  const last = useQuery({
    queryKey: ["deliveries", hook.id, "last"],
    queryFn: ({ signal }) => listDeliveries(hook.id, new URLSearchParams({ page_size: "1" }), signal),
    refetchInterval: (query) => (query.state.data?.results[0]?.state === "queued" ? 1500 : false),
  });
  const delivery = last.data?.results[0];
  if (!hook.is_active) return <span className="badge">Off</span>;
  if (!delivery) return null;
  const [word, tone] = outcome(delivery);
  return (
    <>
      <span className={`badge${tone ? ` badge-${tone}` : ""}`}>{word}</span>
      <Time iso={delivery.attempted_at ?? delivery.created_at} />
    </>
  );
}

const EXAMPLE = `POST /labels HTTP/1.1
X-Labelyard-Event: ANNOTATION_CREATED
X-Labelyard-Signature: t=1795…,v1=9f3c…

{"action": "ANNOTATION_CREATED",
 "annotation": {"id": 52, "result": […]},
 "task": {"id": 7, "data": {…}},
 "project": {"id": 1, …}}`;

/** Before the first one: what it is for, what arrives, and what happens when nobody is there. */
function Teach({ project, add }: { project: number | null; add: React.ReactNode }) {
  return (
    <section className="teach" aria-labelledby="hook-teach">
      <div className="state-icon">
        <WebhookIcon size={24} aria-hidden />
      </div>
      <h2 id="hook-teach">Tell other systems when something happens</h2>
      <p>
        A webhook is an address that gets a request when tasks are imported, an annotation is saved or a
        project changes{project === null ? ", in any project of the organization" : ""}. Start a training,
        fill a dashboard, post to a chat.
      </p>
      <pre className="example">{EXAMPLE}</pre>
      <ul className="bullets">
        <li>Each request is signed, so the receiver can tell ours from others.</li>
        <li>What is not answered with a 2xx is tried again for half a day; the log shows each try.</li>
        <li>Anything in the log can be sent once more.</li>
      </ul>
      <div>{add}</div>
    </section>
  );
}
