import { useQueries } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp, AudioLines } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import type { Task } from "@/api/contract";
import { TASK_PAGE, tasksQuery } from "@/api/queries";
import { commands, type KeyNote } from "@/app/commands";
import { useCommands } from "@/app/useCommands";
import { count } from "@/ui/format";
import { Time } from "@/ui/Time";
import { cellText, fileName, type TableColumn, tableGrid } from "./columns";
import { has, type Selection, setMany, size, toggle } from "./selection";

const ROW = 36;
/** Browsers cannot scroll further than some 33 million pixels. */
const MAX_ROWS = 800_000;

/** Keys of the grid itself, for the help sheet. */
const TABLE_KEYS: readonly KeyNote[] = [
  { group: "Table", keys: "↑ ↓ PageUp PageDown Home End", title: "Move between tasks" },
  { group: "Table", keys: "Enter", title: "Open the task" },
  { group: "Table", keys: "Space", title: "Select the task" },
  { group: "Table", keys: "Shift+↑ ↓", title: "Select several" },
  { group: "Table", keys: "Delete", title: "Delete the selected tasks (can be undone for a moment)" },
];

interface TableProps {
  projectId: number;
  total: number;
  columns: readonly TableColumn[];
  ordering: string;
  onOrdering: (ordering: string) => void;
  selection: Selection;
  onSelection: (selection: Selection) => void;
  onSelectAll: () => void;
  isLeaving: (id: number) => boolean;
  onDelete: (selection: Selection) => void;
}

/** Only the rows in view exist; pages of 100 tasks are fetched as they come into view. */
export function TaskTable(props: TableProps) {
  const { projectId, total, columns, ordering, selection, onSelection } = props;
  const [, navigate] = useLocation();
  const scroller = useRef<HTMLDivElement>(null);
  const rows = Math.min(total, MAX_ROWS);
  const memory = `labelyard.scroll.${projectId}.${ordering}`;
  const virtual = useVirtualizer({
    count: rows,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
    scrollPaddingStart: ROW,
    initialOffset: () => Number(sessionStorage.getItem(memory) ?? 0),
  });
  const [active, setActive] = useState(() =>
    Math.min(rows - 1, Number(sessionStorage.getItem(`${memory}.row`) ?? 0)),
  );
  const latestActive = useRef(active);
  latestActive.current = active;
  const anchor = useRef<number | null>(null);
  const tasks = useVisibleTasks(projectId, ordering, virtual.getVirtualItems());

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    element.focus({ preventScroll: true });
    let top = element.scrollTop;
    // Noted as it happens: once the table has left the page, it is no longer scrolled.
    const note = () => {
      top = element.scrollTop;
    };
    element.addEventListener("scroll", note, { passive: true });
    return () => {
      element.removeEventListener("scroll", note);
      sessionStorage.setItem(memory, String(top));
      sessionStorage.setItem(`${memory}.row`, String(latestActive.current));
    };
  }, [memory]);

  useEffect(() => {
    commands.setNotes(TABLE_KEYS);
    return () => commands.setNotes([]);
  }, []);

  const open = (index: number) => {
    const task = tasks(index);
    if (task) navigate(`/projects/${projectId}/tasks/${task.id}`);
  };
  const move = (to: number, extend: boolean) => {
    const next = Math.max(0, Math.min(rows - 1, to));
    if (extend) {
      anchor.current ??= active;
      const [from, until] = [Math.min(anchor.current, next), Math.max(anchor.current, next)];
      const ids: number[] = [];
      for (let at = from; at <= until; at++) {
        const task = tasks(at);
        if (task) ids.push(task.id);
      }
      onSelection(setMany(selection, ids, true));
    } else anchor.current = null;
    setActive(next);
    virtual.scrollToIndex(next);
  };
  const remove = () => {
    const task = tasks(active);
    if (size(selection, total) > 0) props.onDelete(selection);
    else if (task) props.onDelete({ all: false, ids: new Set([task.id]) });
  };
  const pageRows = () => Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / ROW) - 2);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== scroller.current || event.ctrlKey || event.metaKey || event.altKey) return;
    const steps: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + pageRows(),
      PageUp: active - pageRows(),
      Home: 0,
      End: rows - 1,
    };
    const to = steps[event.key];
    const task = tasks(active);
    if (to !== undefined) move(to, event.shiftKey);
    else if (event.key === "Enter") open(active);
    else if (event.key === " " && task) onSelection(toggle(selection, task.id));
    else if (event.key === "Delete" || event.key === "Backspace") remove();
    else return;
    event.preventDefault();
  };
  const focusTable = () => scroller.current?.focus();
  useCommands([
    { id: "data:focus", title: "Move to the table", group: "Tasks", keys: "t", run: focusTable },
    { id: "data:all", title: "Select all tasks", group: "Tasks", keys: "$mod+a", run: props.onSelectAll },
    { id: "data:open", title: "Open the task", group: "Tasks", keys: "e", run: () => open(active) },
    { id: "data:toggle", title: "Select the task", group: "Tasks", keys: "x", run: () => toggleActive() },
  ]);
  const toggleActive = () => {
    const task = tasks(active);
    if (task) onSelection(toggle(selection, task.id));
  };

  const grid = tableGrid(columns);
  const picked = size(selection, total);
  return (
    <div
      ref={scroller}
      className="table"
      role="grid"
      aria-label="Tasks"
      aria-rowcount={total + 1}
      aria-colcount={columns.length + 1}
      aria-multiselectable
      aria-activedescendant={`task-row-${active}`}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div className="table-head" role="row" aria-rowindex={1} tabIndex={-1} style={grid}>
        <div role="columnheader" className="cell cell-tick" tabIndex={-1}>
          <input
            type="checkbox"
            className="tick"
            aria-label="Select all tasks"
            checked={picked === total && total > 0}
            ref={(element) => {
              if (element) element.indeterminate = picked > 0 && picked < total;
            }}
            onChange={props.onSelectAll}
          />
        </div>
        {columns.map((column) => (
          <HeadCell key={column.id} column={column} ordering={ordering} onOrdering={props.onOrdering} />
        ))}
      </div>
      <div
        role="rowgroup"
        className="table-body"
        style={{ height: virtual.getTotalSize(), minWidth: grid.minWidth }}
      >
        {virtual.getVirtualItems().map((item) => {
          const task = tasks(item.index);
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: Enter on the grid does the same
            <div
              key={item.key}
              id={`task-row-${item.index}`}
              role="row"
              tabIndex={-1}
              aria-rowindex={item.index + 2}
              aria-selected={task ? has(selection, task.id) : undefined}
              className={rowClass(item.index === active, task !== undefined && props.isLeaving(task.id))}
              style={{ ...grid, transform: `translateY(${item.start}px)` }}
              onClick={() => {
                setActive(item.index);
                open(item.index);
              }}
            >
              <Cells
                task={task}
                columns={columns}
                picked={task !== undefined && has(selection, task.id)}
                onPick={() => {
                  setActive(item.index);
                  if (task) onSelection(toggle(selection, task.id));
                }}
              />
            </div>
          );
        })}
      </div>
      {total > rows && (
        <p className="table-note muted">
          The table shows the first {count(rows)} of {count(total)} tasks. Sort it to bring others to the top.
        </p>
      )}
    </div>
  );
}

function rowClass(active: boolean, leaving: boolean): string {
  return `table-row${active ? " table-active" : ""}${leaving ? " table-leaving" : ""}`;
}

function useVisibleTasks(projectId: number, ordering: string, items: readonly { index: number }[]) {
  const pages = [...new Set(items.map((item) => Math.floor(item.index / TASK_PAGE) + 1))];
  if (pages.length === 0) pages.push(1);
  const answers = useQueries({ queries: pages.map((page) => tasksQuery(projectId, page, ordering)) });
  const byPage = new Map(pages.map((page, at) => [page, answers[at]?.data]));
  return (index: number): Task | undefined =>
    byPage.get(Math.floor(index / TASK_PAGE) + 1)?.tasks[index % TASK_PAGE];
}

interface HeadProps {
  column: TableColumn;
  ordering: string;
  onOrdering: (ordering: string) => void;
}

function HeadCell({ column, ordering, onOrdering }: HeadProps) {
  const up = ordering === column.id;
  const down = ordering === `-${column.id}`;
  const next = up ? `-${column.id}` : down ? "" : column.id;
  return (
    <div
      role="columnheader"
      tabIndex={-1}
      className={`cell cell-${column.kind}`}
      aria-sort={up ? "ascending" : down ? "descending" : "none"}
    >
      <button
        type="button"
        className="head-sort"
        title={`Sort by ${column.title}`}
        onClick={() => onOrdering(next)}
      >
        <span className="clip">{column.title}</span>
        {up && <ArrowUp size={12} aria-hidden />}
        {down && <ArrowDown size={12} aria-hidden />}
      </button>
    </div>
  );
}

interface CellsProps {
  task: Task | undefined;
  columns: readonly TableColumn[];
  picked: boolean;
  onPick: () => void;
}

function Cells({ task, columns, picked, onPick }: CellsProps) {
  return (
    <>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: stops the row from opening under the checkbox */}
      <div
        role="gridcell"
        tabIndex={-1}
        className="cell cell-tick"
        onClick={(event) => event.stopPropagation()}
      >
        <input
          type="checkbox"
          className="tick"
          tabIndex={-1}
          aria-label={task ? `Select task ${task.id}` : "Select task"}
          disabled={!task}
          checked={picked}
          onChange={onPick}
        />
      </div>
      {columns.map((column) => (
        <div key={column.id} role="gridcell" tabIndex={-1} className={`cell cell-${column.kind}`}>
          {task ? <Cell column={column} value={column.read(task)} /> : <span className="cell-wait" />}
        </div>
      ))}
    </>
  );
}

function Cell({ column, value }: { column: TableColumn; value: unknown }) {
  switch (column.kind) {
    case "image": {
      const source = Array.isArray(value) ? value[0] : value;
      return typeof source === "string" && source ? <Thumbnail source={source} /> : null;
    }
    case "audio":
      return (
        <span className="row clip">
          <AudioLines size={14} aria-hidden />
          <span className="clip">{fileName(value)}</span>
        </span>
      );
    case "time":
      return <Time iso={String(value ?? "")} />;
    case "count":
      return <span className={value ? "" : "muted"}>{count(Number(value))}</span>;
    default:
      return <span className="clip">{cellText(value)}</span>;
  }
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
