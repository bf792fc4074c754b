import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Pencil, RefreshCw, Trash2 } from "lucide-react";
import { useEffect } from "react";
import { errorText } from "@/api/errors";
import { type Role, type Storage, syncStorage } from "@/api/storages";
import { Button } from "@/ui/Button";
import { Progress } from "@/ui/Progress";
import { Time } from "@/ui/Time";
import { toast } from "@/ui/toast";
import { isBusy, nameOf, placeOf, stateOf, toldOf } from "./words";

const LOOK = 700; // milliseconds

interface StorageCardProps {
  role: Role;
  storage: Storage;
  onEdit: () => void;
  onDelete: () => void;
  onChanged: () => Promise<void>;
}

/** One storage: where it is, how its last sync went or how far it is, and what was wrong. */
export function StorageCard({ role, storage, onEdit, onDelete, onChanged }: StorageCardProps) {
  const client = useQueryClient();
  const name = nameOf(storage);
  const sync = useMutation({
    mutationFn: () => syncStorage(role, storage),
    onSuccess: onChanged,
    onError: (error) => {
      toast(errorText(error), { tone: "danger" });
      return onChanged();
    },
  });
  // The answer comes when the sync is over; until then it is watched.
  useEffect(() => {
    if (!sync.isPending) return;
    const queryKey = ["storages", storage.project, role];
    const timer = setInterval(() => client.invalidateQueries({ queryKey }), LOOK);
    return () => clearInterval(timer);
  }, [client, role, storage.project, sync.isPending]);
  const busy = isBusy(storage);
  const [word, tone] = stateOf(role, storage);
  const told = toldOf(role, storage);
  return (
    <li className="item">
      <div className="item-head">
        <div className="item-main">
          <p className="item-name clip" title={placeOf(storage)}>
            {name}
          </p>
          <p className="item-facts muted small">
            <span className={`badge${tone ? ` badge-${tone}` : ""}`}>{word}</span>
            <span>{storage.type === "s3" ? "S3" : "Directory"}</span>
            {storage.title && <span className="clip">{placeOf(storage)}</span>}
            {storage.last_sync && (
              <span>
                {role === "source" ? "synced" : "written"} <Time iso={storage.last_sync} />
              </span>
            )}
          </p>
        </div>
        <div className="item-tools">
          <Button
            icon={<RefreshCw size={16} />}
            busy={sync.isPending || busy}
            title={role === "source" ? "Make tasks of what is new" : "Write all annotations anew"}
            aria-label={`Sync now: ${name}`}
            onClick={() => sync.mutate()}
          >
            Sync now
          </Button>
          <Button
            tone="quiet"
            icon={<Pencil size={16} />}
            aria-label={`Change ${name}`}
            title="Change"
            onClick={onEdit}
          />
          <Button
            tone="quiet"
            icon={<Trash2 size={16} />}
            aria-label={`Remove ${name}`}
            title="Remove"
            onClick={onDelete}
          />
        </div>
      </div>
      {(busy || sync.isPending) && <Progress value={null} label={`Sync of ${name}`} />}
      {told && (
        <p className="muted small" role="status">
          {told}
        </p>
      )}
      {storage.traceback && <Wrong storage={storage} />}
    </li>
  );
}

/** Why a sync failed, or which objects it left out. */
function Wrong({ storage }: { storage: Storage }) {
  const lines = (storage.traceback ?? "").split("\n");
  if (storage.status !== "completed_with_errors") {
    return <p className="bad small">{storage.traceback}</p>;
  }
  return (
    <details className="small">
      <summary>What was left out, and why</summary>
      <ul className="bullets">
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </details>
  );
}
