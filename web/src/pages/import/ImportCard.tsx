import {
  ChevronDown,
  CircleAlert,
  CircleCheck,
  CircleSlash,
  Download,
  LoaderCircle,
  TriangleAlert,
  Undo2,
} from "lucide-react";
import { useId, useRef, useState } from "react";
import { readError } from "@/api/errors";
import { type ImportStatus, rejectsAddress } from "@/api/imports";
import { Button, ButtonLink } from "@/ui/Button";
import { bytes, count, duration, plural } from "@/ui/format";
import { Progress } from "@/ui/Progress";
import { Problems } from "@/ui/States";
import { Time } from "@/ui/Time";
import { ErrorTable } from "./ErrorTable";
import { factsOf, headlineOf, type ImportTone, progressOf, titleOf, toneOf } from "./words";

interface ImportCardProps {
  projectId: number;
  status: ImportStatus;
  open: boolean;
  onOpen: (open: boolean) => void;
  onCancel: () => void;
  onUndo: () => void;
  onMended: (file: File) => void;
  /** Puts the files of a refused import back, when this page still has them. */
  onAgain: (() => void) | undefined;
}

/** One import: how far it is, what it made, what it left out. */
export function ImportCard(props: ImportCardProps) {
  const { status, open, onOpen, onCancel, onUndo } = props;
  const details = useId();
  const tone = toneOf(status);
  const running = tone === "running";
  return (
    <li className={`item import import-${tone}`} id={`import-${status.id}`} tabIndex={-1}>
      <div className="import-head">
        <ToneIcon tone={tone} />
        <div className="import-main">
          <p className="import-title">
            <b>{headlineOf(status)}</b>
            <span className="muted clip" title={(status.files ?? []).slice(0, 50).join("\n")}>
              {titleOf(status)}
            </span>
          </p>
          <p className="muted small tabular">
            {factsOf(status).join(" · ")}
            {" · "}
            <Time iso={status.created_at} />
            {status.created_by?.email ? ` by ${status.created_by.email}` : ""}
          </p>
        </div>
        <div className="import-actions">
          {running && <Button onClick={onCancel}>Cancel import</Button>}
          {status.has_rejects && <RejectsLink {...props} />}
          {status.can_undo && !running && (
            <Button icon={<Undo2 size={16} />} onClick={onUndo}>
              Undo…
            </Button>
          )}
          <Button
            tone="quiet"
            className={open ? "import-open" : ""}
            icon={<ChevronDown size={16} />}
            aria-label={`Details of import ${status.id}`}
            title="Details"
            aria-expanded={open}
            aria-controls={details}
            onClick={() => onOpen(!open)}
          />
        </div>
      </div>
      {running && <Progress value={progressOf(status)} label={`Progress of import ${status.id}`} />}
      <div id={details}>{open && <Details {...props} tone={tone} />}</div>
    </li>
  );
}

function RejectsLink({ projectId, status }: ImportCardProps) {
  return (
    <a className="button button-plain" href={rejectsAddress(projectId, status.id)} download="">
      <Download size={16} aria-hidden />
      Left-out rows
    </a>
  );
}

function Details(props: ImportCardProps & { tone: ImportTone }) {
  const { projectId, status, tone, onAgain } = props;
  const rows = status.errors?.rows ?? [];
  const refused = tone === "failed" ? messagesOf(status, rows.length > 0) : [];
  return (
    <div className="import-details">
      <Figures status={status} />
      {(status.notes ?? []).map((note) => (
        <p key={note} className="small muted">
          {note}
        </p>
      ))}
      {tone === "failed" && <Problems title="Nothing was imported" messages={refused} />}
      {rows.length > 0 && (
        <ErrorTable rows={rows} total={Math.max(status.rows_rejected, rows.length)} label="Wrong rows" />
      )}
      {tone === "failed" && onAgain && (
        <div className="row">
          <Button tone="primary" onClick={onAgain}>
            Change the options and try again
          </Button>
        </div>
      )}
      {status.has_rejects && <Mend {...props} />}
      {tone === "ok" || tone === "partial" ? (
        <div className="row">
          <ButtonLink href={`/projects/${projectId}/data`}>See the tasks</ButtonLink>
        </div>
      ) : null}
    </div>
  );
}

/** How left-out rows come in after all. */
function Mend({ projectId, status, onMended }: ImportCardProps) {
  const input = useRef<HTMLInputElement>(null);
  const [asked, setAsked] = useState(false);
  return (
    <div className="mend">
      <p>
        {plural(status.rows_rejected, "row was", "rows were")} left out. Download{" "}
        {status.rows_rejected === 1 ? "it" : "them"}, mend what the columns
        <code>_column</code> and <code>_error</code> name, and send the file back. These columns need not be
        taken out.
      </p>
      <div className="row">
        <a
          className="button button-plain"
          href={rejectsAddress(projectId, status.id)}
          download=""
          onClick={() => setAsked(true)}
        >
          <Download size={16} aria-hidden />
          Download {plural(status.rows_rejected, "row")}
        </a>
        <Button tone={asked ? "primary" : "plain"} onClick={() => input.current?.click()}>
          Send the mended file
        </Button>
      </div>
      <input
        ref={input}
        type="file"
        className="visually-hidden"
        aria-label="Mended file"
        tabIndex={-1}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file) onMended(file);
          event.currentTarget.value = "";
        }}
      />
    </div>
  );
}

/** The counts, each under its name; what is nothing is not told. */
function Figures({ status }: { status: ImportStatus }) {
  const running = toneOf(status) === "running";
  const known: readonly (readonly [name: string, number, text?: string])[] = [
    ["Tasks", status.task_count],
    ["Annotations", status.annotation_count],
    ["Predictions", status.prediction_count],
    ["Rows read", status.rows_read],
    ["Accepted", status.rows_accepted],
    ["Left out", status.rows_rejected],
    ["Known already", status.rows_duplicate],
    ["Updated", status.rows_updated],
    ["Without a known task", status.rows_unmatched],
    ["Size", status.bytes_total, bytes(status.bytes_total)],
    ["Time", status.duration, status.duration < 1 ? "under 1 s" : duration(status.duration)],
    ["A second", running ? Math.round(status.rate) : 0],
  ];
  return (
    <dl className="figures">
      {known
        .filter(([, value]) => value > 0)
        .map(([name, value, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="tabular">{text ?? count(value)}</dd>
          </div>
        ))}
    </dl>
  );
}

/** The reasons of a refusal; those that the table of rows tells are not said twice. */
function messagesOf(status: ImportStatus, tabled: boolean): readonly string[] {
  const { rows: _, ...errors } = status.errors ?? {};
  if (tabled) return [`${plural(status.errors?.rows?.length ?? 0, "row is", "rows are")} wrong.`];
  if (Object.keys(errors).length > 0) return readError(400, { validation_errors: errors }).messages;
  return [status.error ?? "The server gave no reason."];
}

function ToneIcon({ tone }: { tone: ImportTone }) {
  switch (tone) {
    case "running":
      return <LoaderCircle size={18} className="import-icon import-spin" role="img" aria-label="Running" />;
    case "ok":
      return <CircleCheck size={18} className="import-icon tone-ok" role="img" aria-label="Imported" />;
    case "partial":
      return (
        <TriangleAlert size={18} className="import-icon tone-warn" role="img" aria-label="Imported in part" />
      );
    case "failed":
      return <CircleAlert size={18} className="import-icon tone-bad" role="img" aria-label="Refused" />;
    case "gone":
      return <CircleSlash size={18} className="import-icon" role="img" aria-label="Taken back" />;
  }
}
