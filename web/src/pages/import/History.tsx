import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { errorText } from "@/api/errors";
import { cancelImport, type ImportStatus, listImports } from "@/api/imports";
import { plural } from "@/ui/format";
import { Failure, Loading } from "@/ui/States";
import { toast } from "@/ui/toast";
import { ImportCard } from "./ImportCard";
import { UndoDialog } from "./UndoDialog";
import { describeUndo, isBusy, toneOf } from "./words";

const POLL_MS = 700;
const SHOWN = 20;

interface HistoryProps {
  projectId: number;
  /** Imports begun on this page, with the way to bring their files back. */
  begun: ReadonlyMap<number, () => void>;
  /** Whether there is room to explain, as long as nothing was imported. */
  teach: boolean;
  /** An import that ran is done. */
  onFinished: () => void;
  onMended: (file: File) => void;
}

/** The imports of a project, newest first: those that run, and what became of the others. */
export function History({ projectId, begun, teach, onFinished, onMended }: HistoryProps) {
  const client = useQueryClient();
  const list = useQuery({
    queryKey: ["imports", projectId],
    queryFn: ({ signal }) => listImports(projectId, signal),
    refetchInterval: (query) => (query.state.data?.some(isBusy) ? POLL_MS : false),
  });
  const [opened, setOpened] = useState<ReadonlyMap<number, boolean>>(new Map());
  const [undoing, setUndoing] = useState<ImportStatus | null>(null);
  const [all, setAll] = useState(false);
  useFinished(list.data, () => {
    for (const key of ["project", "tasks", "columns", "projects"])
      client.invalidateQueries({ queryKey: [key] });
    onFinished();
  });
  const refresh = () => client.invalidateQueries({ queryKey: ["imports", projectId] });
  const cancel = async (status: ImportStatus) => {
    try {
      await cancelImport(projectId, status.id);
      toast("The import was cancelled. What it had stored is taken back.");
    } catch (error) {
      toast(errorText(error), { tone: "danger" });
    }
    await refresh();
  };
  if (list.isError && !list.data) return <Failure error={list.error} retry={() => list.refetch()} />;
  if (!list.data) return <Loading rows={2} label="Loading imports" />;
  if (list.data.length === 0) return teach ? <Teach /> : null;
  const shown = all ? list.data : list.data.slice(0, SHOWN);
  return (
    <section className="imports" aria-labelledby="history-title">
      <h2 id="history-title">Imports</h2>
      <ul className="card list">
        {shown.map((status) => {
          const open = opened.get(status.id) ?? (toneOf(status) === "running" || begun.has(status.id));
          return (
            <ImportCard
              key={status.id}
              projectId={projectId}
              status={status}
              open={open}
              onOpen={(next) => setOpened(new Map(opened).set(status.id, next))}
              onCancel={() => cancel(status)}
              onUndo={() => setUndoing(status)}
              onMended={onMended}
              onAgain={begun.get(status.id)}
            />
          );
        })}
      </ul>
      {list.data.length > shown.length && (
        <button type="button" className="button button-quiet" onClick={() => setAll(true)}>
          Show {plural(list.data.length - shown.length, "earlier import")}
        </button>
      )}
      {undoing && (
        <UndoDialog
          projectId={projectId}
          status={undoing}
          onClose={() => setUndoing(null)}
          onDone={async (answer) => {
            setUndoing(null);
            toast(describeUndo(answer), { tone: "ok" });
            await Promise.all([
              refresh(),
              ...["project", "tasks", "projects"].map((key) => client.invalidateQueries({ queryKey: [key] })),
            ]);
          }}
        />
      )}
    </section>
  );
}

/** Calls `tell` when an import is done, one too that was done before it was ever seen to run. */
function useFinished(list: readonly ImportStatus[] | undefined, tell: () => void): void {
  const done = useRef<ReadonlySet<number>>(new Set());
  const latest = useRef(tell);
  latest.current = tell;
  useEffect(() => {
    if (!list) return;
    const now = new Set(list.filter((status) => !isBusy(status)).map((status) => status.id));
    if ([...now].some((id) => !done.current.has(id))) latest.current();
    done.current = now;
  }, [list]);
}

/** Before the first import: what happens here, and that nothing is lost. */
function Teach() {
  return (
    <section className="teach" aria-labelledby="teach-title">
      <h2 id="teach-title">How it goes</h2>
      <ol className="import-steps">
        <li>
          <b>Bring files.</b> They are sent at once, and go on where they were after a lost connection.
        </li>
        <li>
          <b>Look.</b> Each file shows how it is read, its first rows, and what is missing.
        </li>
        <li>
          <b>Import.</b> Everything is checked first. Wrong rows stop it, or are left out for you to mend.
        </li>
        <li>
          <b>Change your mind.</b> Every import is listed here and can be undone; what people have labeled
          stays.
        </li>
      </ol>
    </section>
  );
}
