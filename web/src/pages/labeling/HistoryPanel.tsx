import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { RotateCcw, X } from "lucide-react";
import { useState } from "react";
import { api, bodyOf } from "@/api/client";
import type { Annotation, ResultItem } from "@/api/contract";
import { ApiError, errorText } from "@/api/errors";
import { HISTORY_PAGE, type HistoryEvent, readHistory, restoreVersion } from "@/api/history";
import { listProjectMembers } from "@/api/people";
import { whoamiQuery } from "@/api/queries";
import { mayReview } from "@/pages/organization/roles";
import { Button } from "@/ui/Button";
import { Failure, Loading } from "@/ui/States";
import { Time } from "@/ui/Time";
import { toast } from "@/ui/toast";
import { ownerName } from "./seat";
import { detailsOf, kindOf, type Version, versionsOf } from "./versions";
import "./history.css";

/** A version that is being looked at. */
export interface Past {
  event: HistoryEvent;
  result: ResultItem[];
}

interface HistoryPanelProps {
  annotation: Annotation;
  project: number;
  /** What is shown in place of the annotation; null shows how it is. */
  past: Past | null;
  onPast: (past: Past | null) => void;
  /** Called before a version is brought back; what it gives goes to `onRestored` when that is undone. */
  before?: () => Promise<ResultItem[] | null>;
  /** The annotation is another now; `edits`: what was in hand before, which came back with an undo. */
  onRestored: (annotation: Annotation, edits: ResultItem[] | null) => void;
  onClose: () => void;
}

/** Who did what when to an annotation; any version can be looked at and brought back. */
export function HistoryPanel(props: HistoryPanelProps) {
  const { annotation, project, past, onPast, onClose } = props;
  const list = useInfiniteQuery({
    queryKey: ["history", annotation.id],
    queryFn: ({ pageParam, signal }) => readHistory(annotation.id, pageParam, signal),
    initialPageParam: null as number | null,
    getNextPageParam: (last) => (last.length < HISTORY_PAGE ? undefined : (last.at(-1)?.id ?? undefined)),
    staleTime: 0,
  });
  const events = list.data?.pages.flat() ?? [];
  const versions = versionsOf(events, !list.hasNextPage);
  const restore = useRestore(props, events[0]?.id);
  const refused = useRefusal(annotation, project);
  return (
    <aside className="history" aria-label="History">
      <header className="history-head">
        <h2>History</h2>
        <Button
          tone="quiet"
          icon={<X size={16} />}
          aria-label="Close the history"
          title="Close the history"
          onClick={onClose}
        />
      </header>
      <div className="history-list">
        {list.isPending && <Loading rows={3} label="Loading the history" />}
        {list.isError && !list.data && <Failure error={list.error} retry={() => list.refetch()} />}
        <ol>
          {versions.map((version, place) => (
            <li key={version.event.id}>
              <Entry
                version={version}
                now={place === 0}
                shown={past ? past.event.id === version.event.id : place === 0}
                onShow={() =>
                  onPast(
                    place === 0 || version.result === null
                      ? null
                      : { event: version.event, result: version.result },
                  )
                }
              />
            </li>
          ))}
        </ol>
        {list.hasNextPage && (
          <Button busy={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
            Show older
          </Button>
        )}
      </div>
      <footer className="history-foot">
        {past ? (
          <>
            <p className="small" role="status">
              Looking at the version of <Time iso={past.event.created_at} />.
            </p>
            <div className="row">
              <Button
                tone="primary"
                icon={<RotateCcw size={16} />}
                busy={restore.isPending}
                disabled={refused !== null}
                title={refused ?? undefined}
                onClick={() => restore.mutate(past.event)}
              >
                Restore this version
              </Button>
              <Button onClick={() => onPast(null)}>Back to now</Button>
            </div>
            {refused && <p className="muted small">{refused}</p>}
          </>
        ) : (
          <p className="muted small" role="status">
            {versions.length === 1
              ? "Each change from now on makes a version that can be looked at and brought back."
              : "Choose a version to look at it. Nothing changes until you restore one."}
          </p>
        )}
      </footer>
    </aside>
  );
}

function Entry({
  version,
  now,
  shown,
  onShow,
}: {
  version: Version;
  now: boolean;
  shown: boolean;
  onShow: () => void;
}) {
  const { event, result } = version;
  const details = detailsOf(event);
  return (
    <button
      type="button"
      className="history-entry"
      aria-pressed={shown}
      disabled={!now && result === null}
      title={!now && result === null ? "Show older versions first" : undefined}
      onClick={onShow}
    >
      <span className="history-what">
        {kindOf(event)}
        {now && <span className="badge">Now</span>}
      </span>
      {details && <span className="small">{details}</span>}
      <span className="muted small">
        {event.created_by ? ownerName(event.created_by) : "the system"}, <Time iso={event.created_at} />
      </span>
    </button>
  );
}

/** Why the caller may not bring back versions of this annotation; null when they may. */
function useRefusal(annotation: Annotation, project: number): string | null {
  const me = useQuery(whoamiQuery);
  const members = useQuery({
    queryKey: ["project-members", project],
    queryFn: ({ signal }) => listProjectMembers(project, signal),
  });
  if (!me.data || !members.data) return null;
  const author = annotation.completed_by;
  const own = (typeof author === "number" ? author : author?.id) === me.data.id;
  return own || mayReview(me.data, members.data)
    ? null
    : "Only its author, and those who review, can change this annotation.";
}

/** Brings versions back, with a way to undo it; says when somebody else was faster. */
function useRestore(props: HistoryPanelProps, newest: number | undefined) {
  const client = useQueryClient();
  const { annotation, project, before, onPast, onRestored } = props;
  const [seen, setSeen] = useState(annotation.updated_at);
  const refresh = () => {
    void client.invalidateQueries({ queryKey: ["history", annotation.id] });
    void client.invalidateQueries({ queryKey: ["tasks", project] });
    void client.invalidateQueries({ queryKey: ["project", project] });
  };
  return useMutation({
    mutationFn: async (event: HistoryEvent) => {
      const edits = (await before?.()) ?? null;
      return { restored: await restoreVersion(annotation.id, event.id, seen), edits };
    },
    onSuccess: ({ restored, edits }) => {
      setSeen(restored.updated_at);
      onPast(null);
      onRestored(restored, null);
      refresh();
      const undo = async () => {
        if (newest === undefined) return;
        try {
          const back = await restoreVersion(annotation.id, newest, restored.updated_at);
          setSeen(back.updated_at);
          onRestored(back, edits);
          refresh();
          toast("The restore was undone", { tone: "ok" });
        } catch (error) {
          toast(`The restore was not undone. ${errorText(error)}`, { tone: "danger" });
        }
      };
      toast("Version restored", { tone: "ok", action: { label: "Undo", run: () => void undo() } });
    },
    onError: async (error) => {
      if (!(error instanceof ApiError && error.status === 409)) {
        toast(`Nothing was restored. ${errorText(error)}`, { tone: "danger" });
        return;
      }
      refresh();
      toast(
        "Nothing was restored: the annotation was changed meanwhile. The list shows the change; restore again to go over it.",
        { tone: "danger" },
      );
      const path = { id: annotation.id };
      const current = await bodyOf(api.GET("/api/annotations/{id}", { params: { path } })).catch(() => null);
      if (current) setSeen(current.updated_at);
    },
  });
}
