import type { RowError } from "@/api/errors";
import { plural } from "@/ui/format";

interface ErrorTableProps {
  rows: readonly RowError[];
  /** How many there are in all; the table has the first ones. */
  total: number;
  label: string;
}

/** What is wrong, row by row. */
export function ErrorTable({ rows, total, label }: ErrorTableProps) {
  const files = new Set(rows.map((row) => row.file)).size > 1;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what does not fit is scrolled, by keyboard as well */}
      <div className="rows errors" tabIndex={0} role="region" aria-label={label}>
        <table>
          <thead>
            <tr>
              {files && <th scope="col">File</th>}
              <th scope="col" className="rows-number">
                Row
              </th>
              <th scope="col">Column</th>
              <th scope="col" className="errors-text">
                What is wrong
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: one row may have several errors
              <tr key={at}>
                {files && <td>{row.file}</td>}
                <td className="rows-number">{row.row}</td>
                <td>{row.column}</td>
                <td className="errors-text">{row.error}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {total > rows.length && (
        <p className="muted small">
          The first {rows.length} of {plural(total, "row")}.
        </p>
      )}
    </>
  );
}
