import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import {
  type ConfigVersion,
  type ConfigVersionText,
  listMigrations,
  listVersions,
  type Migration,
  readVersion,
  undoMigration,
} from "@/api/configs";
import type { Project } from "@/api/contract";
import { errorText } from "@/api/errors";
import { ownerName } from "@/pages/labeling/seat";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Failure, Loading, Problems } from "@/ui/States";
import { Time } from "@/ui/Time";
import { diffLines } from "./diff";

interface VersionsDialogProps {
  project: Project;
  onClose: () => void;
  onRestore: (version: ConfigVersionText) => void;
  onUndone: () => void;
}

/** Every set-up that the project had, what going back to one changes, and the way back. */
export function VersionsDialog({ project, onClose, onRestore, onUndone }: VersionsDialogProps) {
  const list = useQuery({
    queryKey: ["config-versions", project.id],
    queryFn: ({ signal }) => listVersions(project.id, signal),
    staleTime: 0,
  });
  const migrations = useQuery({
    queryKey: ["config-migrations", project.id],
    queryFn: ({ signal }) => listMigrations(project.id, signal),
    staleTime: 0,
  });
  const [chosen, setChosen] = useState<number | null>(null);
  const shown = chosen ?? list.data?.[1]?.version ?? list.data?.[0]?.version ?? null;
  return (
    <Dialog open size="large" title="Versions of the set-up" onClose={onClose}>
      {list.isPending && <Loading rows={4} label="Loading the versions" />}
      {list.isError && <Failure error={list.error} retry={() => list.refetch()} />}
      {list.data && shown !== null && (
        <div className="versions">
          <ol className="versions-list" aria-label="Versions">
            {list.data.map((each) => (
              <li key={each.version}>
                <Entry version={each} shown={each.version === shown} onShow={() => setChosen(each.version)} />
              </li>
            ))}
          </ol>
          <Comparison
            key={shown}
            project={project}
            version={shown}
            current={list.data.find(({ version }) => version === shown)?.current ?? false}
            only={list.data.length === 1}
            migration={migrations.data?.find(
              (each) => each.to_version === shown && each.status === "completed",
            )}
            onRestore={onRestore}
            onUndone={onUndone}
          />
        </div>
      )}
    </Dialog>
  );
}

function Entry({ version, shown, onShow }: { version: ConfigVersion; shown: boolean; onShow: () => void }) {
  return (
    <button type="button" className="history-entry" aria-pressed={shown} onClick={onShow}>
      <span className="history-what">
        Version {version.version}
        {version.current && <span className="badge">Now</span>}
      </span>
      {version.note && <span className="small">{version.note}</span>}
      <span className="muted small">
        {version.created_by ? ownerName(version.created_by) : "unknown"}, <Time iso={version.created_at} />
      </span>
    </button>
  );
}

interface ComparisonProps {
  project: Project;
  version: number;
  current: boolean;
  only: boolean;
  /** The migration that made this version, where it can be undone. */
  migration: Migration | undefined;
  onRestore: (version: ConfigVersionText) => void;
  onUndone: () => void;
}

/** What going back to a version changes; of the current one, its text. */
function Comparison(props: ComparisonProps) {
  const { project, version, current, only, migration, onRestore, onUndone } = props;
  const text = useQuery({
    queryKey: ["config-version", project.id, version],
    queryFn: ({ signal }) => readVersion(project.id, version, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const undo = useMutation({
    mutationFn: (id: number) => undoMigration(project.id, id),
    onSuccess: onUndone,
  });
  if (text.isError) return <Failure error={text.error} retry={() => text.refetch()} />;
  if (!text.data) return <Loading rows={6} label="Loading the version" />;
  const { data } = text;
  return (
    <section className="versions-text" aria-label={`Version ${version}`}>
      <p className="muted small">
        {current
          ? only
            ? "The set-up as it is. Each change that is saved becomes a version to come back to."
            : "The set-up as it is. Choose another version to see what going back to it changes."
          : "What going back to it changes:"}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what does not fit is scrolled by keyboard */}
      <pre className="diff" tabIndex={0}>
        {diffLines(project.label_config, data.label_config).map((line, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines are told apart by their place alone
          <span key={place} className={`diff-line diff-${line.kind}`}>
            <span aria-hidden>{{ same: " ", added: "+", removed: "−" }[line.kind]} </span>
            {line.kind !== "same" && <span className="visually-hidden">{line.kind}: </span>}
            {line.text}
            {"\n"}
          </span>
        ))}
      </pre>
      {undo.isError && <Problems title="The migration was not undone" messages={[errorText(undo.error)]} />}
      <div className="row row-end">
        {current && migration && (
          <Button busy={undo.isPending} onClick={() => undo.mutate(migration.id)}>
            Undo this migration
          </Button>
        )}
        {!current && (
          <Button tone="primary" onClick={() => onRestore(data)}>
            Restore version {version}
          </Button>
        )}
      </div>
    </section>
  );
}
