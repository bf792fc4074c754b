import { Upload } from "lucide-react";
import { ApiError } from "@/api/errors";
import { Button } from "@/ui/Button";
import { count, plural } from "@/ui/format";
import { Keys } from "@/ui/Keys";
import { Progress } from "@/ui/Progress";
import { Problems } from "@/ui/States";
import type { Entry } from "./basket";
import { ErrorTable } from "./ErrorTable";
import type { Start } from "./useStart";
import { describeCheck } from "./words";

export const IMPORT_KEYS = "$mod+Enter";

interface ActionBarProps {
  /** What would be imported now. */
  entries: readonly Entry[];
  /** Files that are still on their way. */
  open: number;
  /** Files that cannot be imported, and are left out. */
  left: number;
  /** Why it cannot begin yet. */
  problem: string | null;
  start: Start;
}

/** The buttons that act, what holds them back, and the outcome of a dry run. */
export function ActionBar({ entries, open, left, problem, start }: ActionBarProps) {
  const blocked = entries.length === 0 || open > 0 || problem !== null || start.busy !== null;
  return (
    <div className="act">
      <Outcome start={start} />
      <div className="act-bar">
        <Button
          tone="primary"
          icon={<Upload size={16} />}
          disabled={blocked}
          aria-busy={start.busy === "import" || undefined}
          onClick={() => start.begin()}
        >
          {entries.length > 0 ? `Import ${plural(entries.length, "file")}` : "Import"}
          <Keys binding={IMPORT_KEYS} />
        </Button>
        {start.busy === "check" ? (
          <Button onClick={start.cancelCheck}>Cancel the check</Button>
        ) : (
          <Button disabled={blocked} onClick={() => start.check()}>
            Check only
          </Button>
        )}
        <p className="muted tabular" role="status">
          {start.busy === "check" ? "Reading and checking every row" : hint(entries, open, left, problem)}
        </p>
      </div>
    </div>
  );
}

function hint(entries: readonly Entry[], open: number, left: number, problem: string | null): string {
  if (problem !== null) return problem;
  if (open > 0) return `${plural(open, "file is", "files are")} still being sent`;
  if (left > 0 && entries.length > 0) return `${plural(left, "file")} not ready, left out`;
  return left > 0 ? "Nothing is ready to be imported" : "";
}

function Outcome({ start }: { start: Start }) {
  if (start.busy === "check") return <Progress value={null} label="Checking" />;
  if (start.error) {
    const error = start.error;
    const rows = error instanceof ApiError ? error.rows : [];
    return (
      <div className="act-outcome">
        <Problems
          title="Nothing was imported"
          messages={
            rows.length > 0 ? [`${plural(rows.length, "row is", "rows are")} wrong.`] : messagesOf(error)
          }
        />
        {rows.length > 0 && <ErrorTable rows={rows} total={rows.length} label="Wrong rows" />}
      </div>
    );
  }
  const checked = start.checked;
  if (!checked) return null;
  const rows = checked.errors?.rows ?? [];
  return (
    <div className="act-outcome">
      <p className={`notice${rows.length > 0 ? " notice-warn" : " notice-ok"}`} role="status">
        {rows.length > 0 && `${count(checked.rows_rejected ?? rows.length)} wrong. `}
        {describeCheck(checked)}
      </p>
      {rows.length > 0 && (
        <ErrorTable rows={rows} total={checked.rows_rejected ?? rows.length} label="Wrong rows" />
      )}
    </div>
  );
}

function messagesOf(error: Error): readonly string[] {
  return error instanceof ApiError ? error.messages : [error.message];
}
