import { ArrowDown, ArrowUp } from "lucide-react";
import { type PointerEvent, useRef, useState } from "react";
import type { ViewData } from "@/api/views";
import { clampWidth, type TableColumn } from "./columns";
import { bareName, tasksName } from "./fields";
import { type Ordering, pressed, sortOf } from "./ordering";

interface HeadProps {
  column: TableColumn;
  columns: readonly TableColumn[];
  ordering: Ordering;
  view: ViewData;
  onView: (data: ViewData) => void;
}

const DRAG_TYPE = "application/x-labelyard-column";

/** A header: press to sort, drag to move, drag its edge to make the column wider. */
export function HeadCell({ column, columns, ordering, view, onView }: HeadProps) {
  const { field } = column;
  const sort = sortOf(ordering, field.id);
  const [over, setOver] = useState(false);
  const cell = useRef<HTMLDivElement>(null);
  const width = useRef(0);

  const drop = (id: string) => {
    const ids = columns.map((each) => each.field.id);
    const [from, to] = [ids.indexOf(id), ids.indexOf(field.id)];
    if (from < 0 || from === to) return;
    ids.splice(to, 0, ...ids.splice(from, 1));
    // Hidden columns keep their place behind those that are shown.
    const rest = (view.columnsOrder ?? []).filter((name) => !ids.includes(bareName(name)));
    onView({ columnsOrder: [...ids.map(tasksName), ...rest] });
  };
  const resize = (event: PointerEvent<HTMLElement>) => {
    event.preventDefault();
    event.stopPropagation();
    const handle = event.currentTarget;
    const start = event.clientX;
    const before = cell.current?.offsetWidth ?? column.width;
    const table = cell.current?.closest<HTMLElement>(".table");
    handle.setPointerCapture(event.pointerId);
    handle.classList.add("head-edge-on");
    width.current = before;
    const move = (now: globalThis.PointerEvent) => {
      width.current = clampWidth(before + now.clientX - start);
      handle.style.transform = `translateX(${width.current - before}px)`;
    };
    const end = () => {
      handle.removeEventListener("pointermove", move);
      handle.classList.remove("head-edge-on");
      handle.style.transform = "";
      if (width.current !== before)
        onView({ columnsWidth: { ...view.columnsWidth, [tasksName(field.id)]: width.current } });
      table?.focus({ preventScroll: true });
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", end, { once: true });
    handle.addEventListener("pointercancel", end, { once: true });
  };
  return (
    <div
      ref={cell}
      role="columnheader"
      tabIndex={-1}
      className={`cell cell-${column.kind} head-cell${over ? " head-over" : ""}`}
      aria-sort={sort === null ? "none" : sort.down ? "descending" : "ascending"}
      draggable
      onDragStart={(event) => event.dataTransfer.setData(DRAG_TYPE, field.id)}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes(DRAG_TYPE)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        setOver(false);
        drop(event.dataTransfer.getData(DRAG_TYPE));
      }}
    >
      {field.sortable ? (
        <button
          type="button"
          className="head-sort"
          title={field.help ? `${field.help} Press to sort.` : `Sort by ${field.title}`}
          onClick={(event) => onView({ ordering: pressed(ordering, field.id, event.shiftKey) })}
        >
          <span className="clip">{field.title}</span>
          {sort && (sort.down ? <ArrowDown size={12} aria-hidden /> : <ArrowUp size={12} aria-hidden />)}
          {sort && ordering.length > 1 && <span className="head-place tabular">{sort.place}</span>}
        </button>
      ) : (
        <span className="clip" title={field.help}>
          {field.title}
        </span>
      )}
      <span className="head-edge" aria-hidden onPointerDown={resize} />
    </div>
  );
}
