import type { FilePreview } from "@/api/imports";
import { choicesOf, keyOf, type Mapping } from "./mapping";
import { hasOneValue } from "./words";

const LONG = 2_000;

interface PreviewTableProps {
  preview: FilePreview;
  mapping: Mapping;
  dataKeys: readonly string[];
  onAssign: (column: string, key: string) => void;
}

/** The first rows; under each column's name stands what it becomes, and can be changed. */
export function PreviewTable({ preview, mapping, dataKeys, onAssign }: PreviewTableProps) {
  const fixed = hasOneValue(preview);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what does not fit is scrolled, by keyboard as well
    <div className="rows" tabIndex={0} role="region" aria-label="First rows">
      <table>
        <thead>
          <tr>
            {preview.columns.map((column) => {
              const key = keyOf(column, mapping);
              const read = dataKeys.includes(key);
              return (
                <th key={column} scope="col" className={key === "" ? "rows-out" : undefined}>
                  <span className="rows-name">
                    <span className="clip" title={column}>
                      {column}
                    </span>
                    <span className="rows-type">{preview.types[column] ?? ""}</span>
                  </span>
                  {!fixed && (
                    <select
                      className={`input rows-key${read ? " rows-key-read" : ""}`}
                      aria-label={`Data key of ${column}`}
                      value={key}
                      onChange={(event) => onAssign(column, event.target.value)}
                    >
                      {choicesOf(column, dataKeys, mapping).map((choice) => (
                        <option key={choice.value} value={choice.value}>
                          {choice.value === "" ? choice.label : `→ ${choice.label}`}
                        </option>
                      ))}
                    </select>
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {preview.rows.map((row, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows of a file have no other name than their place
            <tr key={at}>
              {preview.columns.map((column) => {
                const key = keyOf(column, mapping);
                return key === "" ? (
                  <td key={column} className="rows-out" />
                ) : (
                  <Cell key={column} value={row[key]} />
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell({ value }: { value: unknown }) {
  if (value === undefined) return <td />;
  if (value === null || value === "")
    return <td className="rows-empty">{value === null ? "null" : "empty"}</td>;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return (
    <td className={typeof value === "number" ? "rows-number" : undefined} title={text.slice(0, LONG)}>
      <span className="rows-text">{text.slice(0, LONG)}</span>
    </td>
  );
}
