import { TriangleAlert } from "lucide-react";
import type { FilePreview } from "@/api/imports";
import { Button } from "@/ui/Button";
import { likelyColumn, type Mapping } from "./mapping";

interface MissingKeysProps {
  preview: FilePreview;
  mapping: Mapping;
  onAssign: (column: string, key: string) => void;
}

/** Keys that every task needs and no column gives, each with a way to give it. */
export function MissingKeys({ preview, mapping, onAssign }: MissingKeysProps) {
  if (preview.missing.length === 0) return null;
  return (
    <ul className="missing" aria-label="Missing keys">
      {preview.missing.map((key) => {
        const likely = likelyColumn(key, preview.columns, mapping);
        return (
          <li key={key}>
            <TriangleAlert size={16} aria-hidden />
            <span>
              The labeling set-up reads <code>{key}</code>, which nothing here gives.
            </span>
            {likely !== null && (
              <Button onClick={() => onAssign(likely, key)}>
                Take it from <code>{likely}</code>
              </Button>
            )}
            {preview.columns.length > 0 ? (
              <select
                className="input missing-choice"
                aria-label={`Column for ${key}`}
                value=""
                onChange={(event) => onAssign(event.target.value, key)}
              >
                <option value="" disabled>
                  {likely === null ? "Choose the column" : "Another column"}
                </option>
                {preview.columns.map((column) => (
                  <option key={column} value={column}>
                    {column}
                  </option>
                ))}
              </select>
            ) : (
              <span className="muted">Add it to the file, or take this file out.</span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
