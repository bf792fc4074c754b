import { AudioLines, Check } from "lucide-react";
import { useState } from "react";
import type { UserRef } from "@/api/contract";
import { personName } from "@/api/views";
import { count } from "@/ui/format";
import { Time } from "@/ui/Time";
import { cellText, fileName, type TableColumn } from "./columns";

interface CellProps {
  column: TableColumn;
  value: unknown;
  people: ReadonlyMap<number, UserRef>;
}

/** A value as its column shows it. */
export function Cell({ column, value, people }: CellProps) {
  switch (column.kind) {
    case "image": {
      const source = Array.isArray(value) ? value[0] : value;
      return typeof source === "string" && source ? <Thumbnail key={source} source={source} /> : null;
    }
    case "audio":
      return value ? (
        <span className="row clip">
          <AudioLines size={14} aria-hidden />
          <span className="clip">{fileName(value)}</span>
        </span>
      ) : null;
    case "time":
      return typeof value === "string" && !Number.isNaN(Date.parse(value)) ? (
        <Time iso={value} />
      ) : (
        <span className="clip">{cellText(value)}</span>
      );
    case "count":
      return <span className={value ? "" : "muted"}>{count(Number(value))}</span>;
    case "seconds":
      return typeof value === "number" ? <span>{value.toFixed(1)} s</span> : null;
    case "number":
      return <span className="clip">{typeof value === "number" ? shortNumber(value) : cellText(value)}</span>;
    case "boolean":
      return value ? <Check size={14} aria-label="yes" /> : null;
    case "people": {
      const names = peopleIds(value).map((id) => personName(people.get(id), id));
      return (
        <span className="clip" title={names.join(", ")}>
          {names.join(", ")}
        </span>
      );
    }
    default:
      return <span className="clip">{cellText(value)}</span>;
  }
}

function shortNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}

/** Ids of people as lists of tasks have them: `[1, 2]`, or `[{"user_id": 1}]`. */
function peopleIds(value: unknown): number[] {
  if (!Array.isArray(value)) return [];
  return value
    .map((each) =>
      typeof each === "object" && each ? Number((each as { user_id?: number }).user_id) : Number(each),
    )
    .filter((id) => Number.isFinite(id));
}

function Thumbnail({ source }: { source: string }) {
  const [broken, setBroken] = useState(false);
  if (broken) return <span className="muted small">no image</span>;
  return (
    <img
      className="thumb"
      src={source}
      alt={fileName(source)}
      loading="lazy"
      decoding="async"
      width={44}
      height={28}
      onError={() => setBroken(true)}
    />
  );
}
