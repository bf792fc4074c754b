import { ArrowDown, ArrowUp, Columns3 } from "lucide-react";
import { type RefObject, useRef, useState } from "react";
import type { ViewData } from "@/api/views";
import { Button } from "@/ui/Button";
import { Popover } from "@/ui/Popover";
import {
  clampWidth,
  DISPLAY_TYPES,
  isHidden,
  orderedFields,
  tableColumns,
  withHidden,
  withMoved,
} from "./columns";
import { type Field, tasksName } from "./fields";

interface ColumnsProps {
  fields: readonly Field[];
  view: ViewData;
  onChange: (data: ViewData) => void;
  opener: RefObject<(() => void) | null>;
}

const TYPE_WORDS: Record<string, string> = {
  String: "text",
  Image: "picture",
  Audio: "sound",
  Datetime: "time",
};

/** Which columns the view shows, in which order, how wide, and as what. */
export function ColumnsPanel(props: ColumnsProps) {
  return (
    <Popover
      label="Columns"
      panelClass="columns"
      opener={props.opener}
      title="Columns  C"
      button={
        <>
          <Columns3 size={16} aria-hidden />
          <span className="button-word">Columns</span>
        </>
      }
    >
      {() => <ColumnList {...props} />}
    </Popover>
  );
}

function ColumnList({ fields, view, onChange }: ColumnsProps) {
  const [wanted, setWanted] = useState("");
  const dragged = useRef<string | null>(null);
  const ordered = orderedFields(fields, view);
  const found = ordered.filter((field) => field.title.toLowerCase().includes(wanted.trim().toLowerCase()));
  const widths = new Map(tableColumns(fields, view).map((column) => [column.field.id, column.width]));
  const move = (field: Field, by: -1 | 1) => {
    const rest = ordered.filter((each) => each.id !== field.id);
    const at = ordered.indexOf(field);
    onChange(withMoved(fields, view, field.id, rest[at + by]?.id ?? null));
  };
  const changed = ["hiddenColumns", "columnsOrder", "columnsWidth", "columnsDisplayType"].some(
    (name) => view[name] !== undefined,
  );
  return (
    <div className="columns-box">
      <input
        className="input"
        type="search"
        aria-label="Find a column"
        placeholder="Find a column"
        data-autofocus
        value={wanted}
        onChange={(event) => setWanted(event.target.value)}
      />
      <ul className="columns-list" aria-label="Columns">
        {found.map((field) => {
          const name = tasksName(field.id);
          const hidden = isHidden(field, view);
          const at = ordered.indexOf(field);
          return (
            <li
              key={field.id}
              className="columns-row"
              draggable
              onDragStart={() => {
                dragged.current = field.id;
              }}
              onDragOver={(event) => dragged.current !== null && event.preventDefault()}
              onDrop={() => {
                const from = ordered.findIndex((each) => each.id === dragged.current);
                const before = from >= 0 && from < at ? (ordered[at + 1]?.id ?? null) : field.id;
                if (dragged.current !== null) onChange(withMoved(fields, view, dragged.current, before));
                dragged.current = null;
              }}
            >
              <label className="columns-name" title={field.help || field.title}>
                <input
                  type="checkbox"
                  className="tick"
                  checked={!hidden}
                  onChange={() => onChange(withHidden(fields, view, field.id, !hidden))}
                />
                <span className="clip">{field.title}</span>
              </label>
              {field.isData && !hidden && (
                <select
                  className="input columns-type"
                  aria-label={`Show ${field.title} as`}
                  title="Shown and sorted as"
                  value={view.columnsDisplayType?.[name] ?? ""}
                  onChange={(event) => {
                    const { [name]: _, ...rest } = view.columnsDisplayType ?? {};
                    const type = event.target.value;
                    onChange({ columnsDisplayType: type ? { ...rest, [name]: type } : rest });
                  }}
                >
                  <option value="">as is</option>
                  {DISPLAY_TYPES.map((type) => (
                    <option key={type} value={type}>
                      {TYPE_WORDS[type] ?? type.toLowerCase()}
                    </option>
                  ))}
                </select>
              )}
              {!hidden && (
                <input
                  className="input columns-width"
                  type="number"
                  step={10}
                  aria-label={`Width of ${field.title} in pixels`}
                  title="Width in pixels"
                  value={widths.get(field.id) ?? ""}
                  onChange={(event) => {
                    const width = event.target.valueAsNumber;
                    if (Number.isFinite(width) && width >= 40)
                      onChange({ columnsWidth: { ...view.columnsWidth, [name]: clampWidth(width) } });
                  }}
                />
              )}
              <Button
                tone="quiet"
                icon={<ArrowUp size={14} />}
                aria-label={`Move ${field.title} to the front`}
                disabled={at === 0}
                onClick={() => move(field, -1)}
              />
              <Button
                tone="quiet"
                icon={<ArrowDown size={14} />}
                aria-label={`Move ${field.title} to the back`}
                disabled={at === ordered.length - 1}
                onClick={() => move(field, 1)}
              />
            </li>
          );
        })}
        {found.length === 0 && <li className="muted columns-none">No column is called like that.</li>}
      </ul>
      <div className="row">
        <Button
          tone="quiet"
          disabled={!changed}
          onClick={() =>
            onChange({
              hiddenColumns: undefined,
              columnsOrder: undefined,
              columnsWidth: undefined,
              columnsDisplayType: undefined,
            })
          }
        >
          Back to the usual columns
        </Button>
      </div>
    </div>
  );
}
