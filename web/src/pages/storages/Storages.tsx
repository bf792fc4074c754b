import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Cloud, Plus } from "lucide-react";
import { useState } from "react";
import { deleteStorage, listStorages, type Role, type Storage } from "@/api/storages";
import { Button } from "@/ui/Button";
import { Removal } from "@/ui/Removal";
import { Failure, Loading } from "@/ui/States";
import { toast } from "@/ui/toast";
import { StorageCard } from "./StorageCard";
import { StorageForm } from "./StorageForm";
import { isBusy, nameOf } from "./words";
import "./storages.css";

const LOOK = 5_000; // how often states are looked at, in milliseconds
const LOOK_BUSY = 700;

const WORDS = {
  source: { title: "Sources", about: "Tasks are made of what lies here.", add: "Add source" },
  target: { title: "Targets", about: "Each annotation is written here as it is saved.", add: "Add target" },
} as const;

interface Chosen {
  role: Role;
  storage: Storage | null;
}

/** Where the tasks of a project come from, and where its annotations go. */
export function Storages({ project }: { project: number }) {
  const client = useQueryClient();
  const sources = useStorages("source", project);
  const targets = useStorages("target", project);
  const [form, setForm] = useState<Chosen | null>(null);
  const [doomed, setDoomed] = useState<{ role: Role; storage: Storage } | null>(null);
  const refresh = async () => {
    await client.invalidateQueries({ queryKey: ["storages", project] });
    client.invalidateQueries({ queryKey: ["project", project] });
  };
  const failed = sources.error ?? targets.error;
  if (failed && !(sources.data && targets.data)) {
    return <Failure error={failed} retry={() => Promise.all([sources.refetch(), targets.refetch()])} />;
  }
  if (!sources.data || !targets.data) return <Loading rows={3} label="Loading storages" />;
  const add = (role: Role, primary: boolean) => (
    <Button
      tone={primary ? "primary" : "plain"}
      icon={<Plus size={16} />}
      onClick={() => setForm({ role, storage: null })}
    >
      {WORDS[role].add}
    </Button>
  );
  const section = (role: Role, storages: readonly Storage[]) => (
    <section className="stack tight" aria-labelledby={`storage-${role}`}>
      <div className="row">
        <div className="grow">
          <h2 id={`storage-${role}`}>{WORDS[role].title}</h2>
          <p className="muted">{WORDS[role].about}</p>
        </div>
        {add(role, false)}
      </div>
      {storages.length === 0 ? (
        <p className="storage-none muted">None yet.</p>
      ) : (
        <ul className="card list">
          {storages.map((storage) => (
            <StorageCard
              key={storage.id}
              role={role}
              storage={storage}
              onEdit={() => setForm({ role, storage })}
              onDelete={() => setDoomed({ role, storage })}
              onChanged={refresh}
            />
          ))}
        </ul>
      )}
    </section>
  );
  const none = sources.data.length === 0 && targets.data.length === 0;
  return (
    <div className="storages">
      {none ? (
        <Teach>
          {add("source", true)}
          {add("target", false)}
        </Teach>
      ) : (
        <>
          {section("source", sources.data)}
          {section("target", targets.data)}
        </>
      )}
      {form && (
        <StorageForm
          project={project}
          role={form.role}
          storage={form.storage}
          onClose={() => setForm(null)}
          onSaved={() => {
            refresh();
            toast(form.storage ? "Storage saved" : "Storage connected", { tone: "ok" });
          }}
        />
      )}
      {doomed && (
        <Removal
          title={`Remove this ${doomed.role}?`}
          act={`Remove ${doomed.role}`}
          done={doomed.role === "source" ? "Source removed" : "Target removed"}
          remove={() => deleteStorage(doomed.role, doomed.storage)}
          onClose={() => setDoomed(null)}
          onDone={refresh}
        >
          <p>
            {doomed.role === "source"
              ? `Nothing is deleted in ${nameOf(doomed.storage)}, and the tasks that were made from it stay. Those
                 that show its objects cannot show them any more.`
              : `Nothing is deleted in ${nameOf(doomed.storage)}. Annotations are not written to it any more.`}
          </p>
        </Removal>
      )}
    </div>
  );
}

function useStorages(role: Role, project: number) {
  return useQuery({
    queryKey: ["storages", project, role],
    queryFn: ({ signal }) => listStorages(role, project, signal),
    refetchInterval: (query) => (query.state.data?.some(isBusy) ? LOOK_BUSY : LOOK),
  });
}

const EXAMPLE = `pictures/birds/robin.jpg  →  task   {"image": "s3://pictures/birds/robin.jpg"}
labels/52                 ←  annotation 52, with its task and annotator`;

/** Before the first one: what it is for, and what happens to the data. */
function Teach({ children }: { children: React.ReactNode }) {
  return (
    <section className="teach" aria-labelledby="storage-teach">
      <div className="state-icon">
        <Cloud size={24} aria-hidden />
      </div>
      <h2 id="storage-teach">Leave the data where it is</h2>
      <p>
        A source makes tasks of the objects in a bucket or a directory. A target gets every annotation as a
        JSON object.
      </p>
      <pre className="example">{EXAMPLE}</pre>
      <ul className="bullets">
        <li>Each object is one task, however often you sync; nothing is copied and nothing changed.</li>
        <li>Pictures go from the bucket to the browser by an address that holds for a minute.</li>
        <li>While a target does not answer, what is to be written waits, and is not lost.</li>
        <li>Credentials rest encrypted and are never shown again.</li>
      </ul>
      <div className="row">{children}</div>
    </section>
  );
}
