import { useQueries, useQueryClient } from "@tanstack/react-query";
import {
  type KeyboardEvent,
  type MouseEvent,
  type Ref,
  useEffect,
  useImperativeHandle,
  useMemo,
  useRef,
  useState,
} from "react";
import type { Task, UserRef } from "@/api/contract";
import { errorText } from "@/api/errors";
import { TASK_PAGE, tasksQuery } from "@/api/queries";
import { type ListSpec, listKey, type ViewData } from "@/api/views";
import { commands, type KeyNote } from "@/app/commands";
import { useCommands } from "@/app/useCommands";
import { count } from "@/ui/format";
import { toast } from "@/ui/toast";
import { Cell } from "./Cell";
import { includeOf, type TableColumn, tableGrid } from "./columns";
import { HeadCell } from "./HeadCell";
import { MAX_RANGE, rangeIds } from "./ranges";
import { has, type Selection, setMany, size, toggle } from "./selection";
import { useWindow } from "./useWindow";

const ROW = 36;
const HEAD = 32;

/** Keys of the grid itself, for the help sheet. */
const TABLE_KEYS: readonly KeyNote[] = [
  { group: "Table", keys: "↑ ↓  J K  PageUp PageDown  Home End", title: "Move between tasks" },
  { group: "Table", keys: "Enter", title: "Open the task" },
  { group: "Table", keys: "Space", title: "Select the task" },
  { group: "Table", keys: "Shift+↑ ↓ click", title: "Select several" },
  {
    group: "Table",
    keys: "Delete",
    title: "Delete the selected tasks (asks first, can be undone for a moment)",
  },
  { group: "Table", keys: "Shift+click", title: "On a header: sort by one more column" },
  { group: "Views", keys: "← →  Alt+← →  F2", title: "On a tab: choose, move, rename" },
];

export interface TableHandle {
  showRow: (row: number) => void;
  focus: () => void;
  move: (by: number) => void;
}

interface TableProps {
  ref?: Ref<TableHandle>;
  projectId: number;
  list: ListSpec;
  view: ViewData;
  total: number;
  columns: readonly TableColumn[];
  people: ReadonlyMap<number, UserRef>;
  onView: (data: ViewData) => void;
  selection: Selection;
  onSelection: (selection: Selection) => void;
  onSelectAll: () => void;
  isLeaving: (id: number) => boolean;
  onDelete: (selection: Selection) => void;
  onOpen: (task: Task) => void;
  /** A press on a row shows it beside the table in place of opening it. */
  peeking: boolean;
  onActive: (task: Task | undefined, row: number) => void;
  onSeen: (first: number, last: number) => void;
}

/** Only the rows in view exist; pages of 100 tasks are fetched as they come into view. */
export function TaskTable(props: TableProps) {
  const { projectId, list, total, columns, selection, onSelection } = props;
  const client = useQueryClient();
  const scroller = useRef<HTMLDivElement>(null);
  const memory = `labelyard.scroll.${projectId}.${listKey(list)}`;
  const window_ = useWindow(scroller, {
    rows: total,
    rowHeight: ROW,
    head: HEAD,
    initial: Number(sessionStorage.getItem(memory) ?? 0),
  });
  const [chosen, setActive] = useState(() => Number(sessionStorage.getItem(`${memory}.row`) ?? 0));
  const active = Math.max(0, Math.min(total - 1, chosen));
  const latest = useRef({ active, selection });
  latest.current = { active, selection };
  const anchor = useRef<number | null>(null);
  const include = useMemo(() => includeOf(columns), [columns]);
  const tasks = useVisibleTasks(projectId, list, include, window_.first, window_.last, active);
  const task = tasks(active);
  const { onActive, onSeen } = props;

  useEffect(() => onActive(task, active), [task, active, onActive]);
  const [seenFirst, seenLast] = window_.seen;
  useEffect(() => onSeen(seenFirst, seenLast), [seenFirst, seenLast, onSeen]);

  const { top } = window_;
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    if (document.activeElement === document.body || document.activeElement?.id === "content")
      element.focus({ preventScroll: true });
    return () => {
      sessionStorage.setItem(memory, String(top()));
      sessionStorage.setItem(`${memory}.row`, String(latest.current.active));
    };
  }, [memory, top]);

  useEffect(() => {
    commands.setNotes(TABLE_KEYS);
    return () => commands.setNotes([]);
  }, []);

  const open = (row: number) => {
    const there = tasks(row);
    if (there) props.onOpen(there);
  };
  /** Selects everything between the anchor and a row, which may be pages away. */
  const extend = async (to: number) => {
    anchor.current ??= active;
    const [from, until] = [Math.min(anchor.current, to), Math.max(anchor.current, to)];
    if (until - from >= MAX_RANGE) {
      toast(`A range has at most ${count(MAX_RANGE)} tasks. Select all, or filter first.`, {
        tone: "danger",
      });
      return;
    }
    try {
      const ids = await rangeIds(client, projectId, list, from, until, tasks);
      onSelection(setMany(latest.current.selection, ids, true));
    } catch (error) {
      toast(`The range was not selected. ${errorText(error)}`, { tone: "danger" });
    }
  };
  const go = (to: number, range = false) => {
    const next = Math.max(0, Math.min(total - 1, to));
    if (range) void extend(next);
    else anchor.current = null;
    setActive(next);
    window_.showRow(next);
  };
  const flip = () => {
    const there = tasks(active);
    if (!there) return;
    anchor.current = active;
    onSelection(toggle(selection, there.id));
  };
  const remove = () => {
    if (size(selection, total) > 0) props.onDelete(selection);
    else if (task) props.onDelete({ all: false, ids: new Set([task.id]) });
  };
  useImperativeHandle(props.ref, () => ({
    showRow: (row) => {
      setActive(Math.max(0, Math.min(total - 1, row)));
      window_.showRow(row, "start");
    },
    focus: () => scroller.current?.focus(),
    move: (by) => go(active + by),
  }));

  const pageRows = () => Math.max(1, Math.floor(((scroller.current?.clientHeight ?? 400) - HEAD) / ROW) - 1);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== scroller.current || event.ctrlKey || event.metaKey || event.altKey) return;
    const steps: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + pageRows(),
      PageUp: active - pageRows(),
      Home: 0,
      End: total - 1,
    };
    const to = steps[event.key];
    if (to !== undefined) go(to, event.shiftKey);
    else if (event.key === "Enter") open(active);
    else if (event.key === " ") flip();
    else if (event.key === "Delete" || event.key === "Backspace") remove();
    else return;
    event.preventDefault();
  };
  useCommands([
    {
      id: "data:focus",
      title: "Move to the table",
      group: "Tasks",
      keys: "t",
      run: () => scroller.current?.focus(),
    },
    { id: "data:all", title: "Select all tasks", group: "Tasks", keys: "$mod+a", run: props.onSelectAll },
    { id: "data:open", title: "Open the task", group: "Tasks", keys: "e", run: () => open(active) },
    { id: "data:toggle", title: "Select the task", group: "Tasks", keys: "x", run: flip },
    { id: "data:down", title: "Next task", group: "Tasks", keys: "j", run: () => go(active + 1) },
    { id: "data:up", title: "Previous task", group: "Tasks", keys: "k", run: () => go(active - 1) },
  ]);

  const grid = tableGrid(columns);
  const picked = size(selection, total);
  const rows: number[] = [];
  for (let row = window_.first; row <= window_.last; row++) rows.push(row);
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
          <HeadCell
            key={column.field.id}
            column={column}
            columns={columns}
            ordering={list.ordering}
            view={props.view}
            onView={props.onView}
          />
        ))}
      </div>
      <div role="rowgroup" className="table-body" style={{ height: window_.canvas, minWidth: grid.minWidth }}>
        {rows.map((row) => {
          const there = tasks(row);
          const isPicked = there !== undefined && has(selection, there.id);
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: Enter on the grid does the same
            <div
              key={row}
              id={`task-row-${row}`}
              role="row"
              tabIndex={-1}
              aria-rowindex={row + 2}
              aria-selected={there ? isPicked : undefined}
              className={rowClass(
                row === active,
                there !== undefined && props.isLeaving(there.id),
                row % 2 === 1,
              )}
              style={{ ...grid, transform: `translateY(${window_.place(row)}px)` }}
              onMouseDown={(event) => event.shiftKey && event.preventDefault()}
              onClick={(event: MouseEvent) => {
                if (event.shiftKey) {
                  void extend(row);
                  setActive(row);
                  return;
                }
                setActive(row);
                if (event.ctrlKey || event.metaKey) {
                  anchor.current = row;
                  if (there) onSelection(toggle(selection, there.id));
                } else {
                  anchor.current = null;
                  if (!props.peeking) open(row);
                }
              }}
              onDoubleClick={() => open(row)}
            >
              <TickCell
                task={there}
                picked={isPicked}
                onPick={(range) => {
                  if (range && anchor.current !== null) void extend(row);
                  else {
                    anchor.current = row;
                    if (there) onSelection(toggle(selection, there.id));
                  }
                  setActive(row);
                }}
              />
              {columns.map((column) => (
                <div
                  key={column.field.id}
                  role="gridcell"
                  tabIndex={-1}
                  className={`cell cell-${column.kind}`}
                >
                  {there ? (
                    <Cell column={column} value={column.read(there)} people={props.people} />
                  ) : (
                    <span className="cell-wait" />
                  )}
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function rowClass(active: boolean, leaving: boolean, odd: boolean): string {
  return `table-row${active ? " table-active" : ""}${leaving ? " table-leaving" : ""}${odd ? " table-odd" : ""}`;
}

interface TickProps {
  task: Task | undefined;
  picked: boolean;
  onPick: (range: boolean) => void;
}

function TickCell({ task, picked, onPick }: TickProps) {
  const range = useRef(false);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: stops the row from opening under the checkbox
    <div
      role="gridcell"
      tabIndex={-1}
      className="cell cell-tick"
      onClick={(event) => event.stopPropagation()}
      onDoubleClick={(event) => event.stopPropagation()}
    >
      <input
        type="checkbox"
        className="tick"
        tabIndex={-1}
        aria-label={task ? `Select task ${task.id}` : "Select task"}
        disabled={!task}
        checked={picked}
        onClick={(event) => {
          range.current = event.shiftKey;
        }}
        onChange={() => onPick(range.current)}
      />
    </div>
  );
}

/** Rows that fly past while the scroll bar is dragged are not worth a request. */
const SETTLE_MS = 60;

function useVisibleTasks(
  projectId: number,
  list: ListSpec,
  include: string,
  first: number,
  last: number,
  active: number,
) {
  const client = useQueryClient();
  const inView = `${pageOf(first)}-${pageOf(last)}-${pageOf(active)}`;
  const [settled, setSettled] = useState(inView);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(inView), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [inView]);
  const pages = useMemo(() => {
    const [from = 1, to = 1, at = 1] = settled.split("-").map(Number);
    const between = Array.from({ length: Math.max(1, to - from + 1) }, (_, step) => from + step);
    return [...new Set([...between, at])];
  }, [settled]);
  const answers = useQueries({ queries: pages.map((page) => tasksQuery(projectId, page, list, include)) });
  const byPage = new Map(pages.map((page, at) => [page, answers[at]?.data]));
  return (row: number): Task | undefined => {
    const page = pageOf(row);
    const known =
      byPage.get(page) ?? client.getQueryData(tasksQuery(projectId, page, list, include).queryKey);
    return known?.tasks[row % TASK_PAGE];
  };
}

const pageOf = (row: number) => Math.floor(Math.max(0, row) / TASK_PAGE) + 1;
