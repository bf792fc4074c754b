import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { Database, ListFilter, PanelRight, SearchX, Tag, Trash2, Upload } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useLocation } from "wouter";
import type { Task } from "@/api/contract";
import { ApiError } from "@/api/errors";
import { columnsQuery, projectQuery, tasksQuery } from "@/api/queries";
import { type Action, actionsQuery, type ListSpec, listKey, peopleQuery, type ViewData } from "@/api/views";
import { boot } from "@/app/boot";
import { Shell } from "@/app/Shell";
import { useCommands } from "@/app/useCommands";
import { rememberList, streamUrl } from "@/pages/labeling/lists";
import { Button, ButtonLink } from "@/ui/Button";
import { count, plural } from "@/ui/format";
import { Empty, Failure, Loading, Problems } from "@/ui/States";
import { toast } from "@/ui/toast";
import { ActionDialog, type Plan } from "./ActionDialog";
import { ActionMenu } from "./ActionMenu";
import { ColumnsPanel } from "./ColumnsPanel";
import { includeOf, tableColumns } from "./columns";
import { deleteTasks } from "./deletion";
import { FilterPanel } from "./FilterPanel";
import { filterFields, tableFields } from "./fields";
import { countConditions, effective } from "./filters";
import { QuickView } from "./QuickView";
import { SearchField } from "./SearchField";
import { StatusBar } from "./StatusBar";
import { ALL, has, NONE, type Selection, size, toItems } from "./selection";
import { PANEL_ID, TabBar, tabId } from "./TabBar";
import { type TableHandle, TaskTable } from "./TaskTable";
import { titleOf, useTabs } from "./useTabs";
import "./data.css";

const INDEXING_MS = 10_000;
const QUICK_KEY = "labelyard.quick";

export default function Data({ projectId }: { projectId: number }) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const project = useQuery(projectQuery(projectId));
  const columnList = useQuery(columnsQuery(projectId));
  const people = useQuery(peopleQuery);
  const actions = useQuery(actionsQuery(projectId));
  const { tabs, query: views } = useTabs(projectId);
  const view = tabs.active.data;
  const [search, setSearch] = useState("");
  const [selection, setSelection] = useState<Selection>(NONE);
  const [leaving, setLeaving] = useState<Selection>(NONE);
  const [plan, setPlan] = useState<Plan | null>(null);
  const [quick, setQuick] = useState(() => sessionStorage.getItem(QUICK_KEY) === "true");
  const [activeTask, setActiveTask] = useState<{ task: Task | undefined; row: number }>({
    task: undefined,
    row: 0,
  });
  const [seen, setSeen] = useState<readonly [number, number]>([0, 0]);
  const table = useRef<TableHandle>(null);
  const openFilters = useRef<(() => void) | null>(null);
  const openColumns = useRef<(() => void) | null>(null);
  const searchField = useRef<HTMLInputElement>(null);

  const fields = useMemo(() => tableFields(columnList.data?.columns ?? []), [columnList.data]);
  const filterable = useMemo(() => filterFields(fields), [fields]);
  const columns = useMemo(() => tableColumns(fields, view), [fields, view]);
  const peopleById = useMemo(
    () => new Map((people.data ?? []).map((each) => [each.id, each])),
    [people.data],
  );
  const list = useStable(
    useMemo(
      (): ListSpec => ({
        filters: effective(view.filters),
        ordering: view.ordering ?? [],
        displayTypes: view.columnsDisplayType ?? {},
        search,
      }),
      [view, search],
    ),
  );
  const ready = views.isSuccess && columnList.isSuccess;
  const first = useQuery({
    ...tasksQuery(projectId, 1, list, includeOf(columns)),
    enabled: ready,
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (query.state.data?.indexing ? INDEXING_MS : false),
  });
  const total = first.data?.total ?? 0;
  const picked = size(selection, total);
  const conditions = countConditions(list.filters);
  const narrowed = conditions > 0 || search !== "";
  const everything = project.data?.task_number ?? total;
  const problems = first.error instanceof ApiError && first.error.status === 400 ? first.error.messages : [];

  useEffect(() => {
    document.title = `${project.data?.title || "Data"} · Labelyard`;
  }, [project.data?.title]);

  // A selection belongs to the tasks that were to be seen when it was made.
  const tasksKey = listKey({ ...list, ordering: [] });
  const [selectedIn, setSelectedIn] = useState(tasksKey);
  if (selectedIn !== tasksKey) {
    setSelectedIn(tasksKey);
    setSelection(NONE);
  }

  const refresh = useCallback(() => {
    for (const key of ["tasks", "task-ids", "task", "project", "projects", "columns", "action-form"])
      void client.invalidateQueries({ queryKey: [key] });
  }, [client]);

  const ask = (action: Action | undefined, what: Selection) => {
    const number = size(what, total);
    if (action && number > 0) setPlan({ action, items: toItems(what), number });
  };
  const canDelete = actions.data?.find((action) => action.id === "delete_tasks");
  const remove = (what: Selection) => ask(canDelete, what);
  const removeSoon = ({ items }: Plan) => {
    setLeaving({ all: items.all, ids: new Set(items.all ? items.excluded : items.included) });
    setSelection(NONE);
    void deleteTasks(projectId, list, items, () => {
      setLeaving(NONE);
      refresh();
    });
  };

  const toggleQuick = () => {
    sessionStorage.setItem(QUICK_KEY, String(!quick));
    setQuick(!quick);
    table.current?.focus();
  };
  const openTask = (task: Task) => navigate(`/projects/${projectId}/tasks/${task.id}`);
  const labelThese = async () => {
    const stored = await tabs.flush();
    const items = picked > 0 ? toItems(selection) : undefined;
    if (!narrowed && !items && list.ordering.length === 0) {
      navigate(`/projects/${projectId}/label`);
      return;
    }
    navigate(streamUrl(projectId, stored, rememberList({ list, items, title: titleOf(tabs.active) })));
  };
  const clear = () => {
    setSearch("");
    if (conditions > 0) tabs.change({ filters: { conjunction: "and", items: [] } });
  };
  const change = (data: ViewData) => tabs.change(data);
  const onActive = useCallback((task: Task | undefined, row: number) => setActiveTask({ task, row }), []);
  const onSeen = useCallback((from: number, to: number) => setSeen([from, to]), []);

  useCommands([
    { id: "data:filters", title: "Filters", group: "Views", keys: "f", run: () => openFilters.current?.() },
    { id: "data:columns", title: "Columns", group: "Views", keys: "c", run: () => openColumns.current?.() },
    {
      id: "data:search",
      title: "Search the tasks",
      group: "Views",
      keys: "/",
      run: () => searchField.current?.focus(),
    },
    { id: "data:quick", title: "Quick view beside the table", group: "Tasks", keys: "v", run: toggleQuick },
    {
      id: "data:label-these",
      title: picked > 0 ? "Label the selected tasks" : "Label these tasks",
      group: "Tasks",
      keys: "l",
      when: () => total > 0,
      run: () => void labelThese(),
    },
    {
      id: "data:unselect",
      title: "Select nothing",
      group: "Tasks",
      keys: "Escape",
      when: () => picked > 0 && !document.querySelector("[popover]:popover-open"),
      run: () => setSelection(NONE),
    },
  ]);

  const failed = project.error ?? views.error ?? columnList.error ?? (problems.length ? null : first.error);
  const waiting = first.isPending || project.isPending;
  const noTasks = !waiting && !narrowed && total === 0;
  return (
    <Shell
      projectId={projectId}
      full
      title={
        <>
          <h1 className="clip">{project.data?.title || "Data"}</h1>
          {first.data && (
            <span className="muted tabular data-total">
              {narrowed ? `${count(total)} of ${plural(everything, "task")}` : plural(total, "task")}
            </span>
          )}
        </>
      }
      actions={
        <>
          <ButtonLink href={`/projects/${projectId}/import`} icon={<Upload size={16} />}>
            Import
          </ButtonLink>
          {total > 0 && (
            <Button tone="primary" icon={<Tag size={16} />} title="L" onClick={() => void labelThese()}>
              {picked > 0 ? "Label selected" : narrowed ? "Label these" : "Label tasks"}
            </Button>
          )}
        </>
      }
    >
      {failed && !first.data ? (
        <Failure
          error={failed}
          retry={() => {
            for (const each of [project, views, columnList, first]) void each.refetch();
          }}
        />
      ) : noTasks ? (
        <Empty
          icon={<Database size={24} />}
          title="No tasks yet"
          actions={
            <ButtonLink href={`/projects/${projectId}/import`} tone="primary" icon={<Upload size={16} />}>
              Import data
            </ButtonLink>
          }
        >
          A task is one thing to label: a text, an image, a recording. Import a file and each row or picture
          becomes a task.
        </Empty>
      ) : (
        <>
          <TabBar tabs={tabs} />
          <section
            className="data-panel"
            id={PANEL_ID}
            role="tabpanel"
            aria-labelledby={tabId(tabs.active.id)}
          >
            <div className="toolbar" role="toolbar" aria-label="Tasks">
              <FilterPanel
                fields={filterable}
                people={people.data ?? []}
                me={boot.user?.id ?? null}
                view={view}
                problems={problems}
                opener={openFilters}
                onChange={(filters) => change({ filters })}
              />
              <ColumnsPanel fields={fields} view={view} opener={openColumns} onChange={change} />
              <SearchField
                ref={searchField}
                value={search}
                onChange={setSearch}
                leave={() => table.current?.focus()}
              />
              <span className="toolbar-end">
                {picked > 0 && (
                  <>
                    <span className="tabular toolbar-picked">{count(picked)} selected</span>
                    <Button tone="quiet" title="Esc" onClick={() => setSelection(NONE)}>
                      Clear
                    </Button>
                    {canDelete && (
                      <Button icon={<Trash2 size={16} />} onClick={() => remove(selection)}>
                        Delete
                      </Button>
                    )}
                    <ActionMenu projectId={projectId} onPick={(action) => ask(action, selection)} />
                  </>
                )}
                <Button
                  tone="quiet"
                  icon={<PanelRight size={16} />}
                  aria-label="Quick view"
                  aria-pressed={quick}
                  title="Quick view  V"
                  onClick={toggleQuick}
                />
              </span>
            </div>
            {problems.length > 0 ? (
              <div className="data-problem">
                <Problems title="This view cannot be shown" messages={problems} />
                <div className="row">
                  <Button icon={<ListFilter size={16} />} onClick={() => openFilters.current?.()}>
                    Edit the filters
                  </Button>
                  <Button
                    tone="quiet"
                    onClick={() => change({ filters: { conjunction: "and", items: [] }, ordering: [] })}
                  >
                    Clear filters and order
                  </Button>
                </div>
              </div>
            ) : waiting ? (
              <div className="data-wait">
                <Loading rows={12} label="Loading tasks" />
              </div>
            ) : total === 0 ? (
              <Empty
                icon={<SearchX size={24} />}
                title="No task passes"
                actions={<Button onClick={clear}>Show all tasks</Button>}
              >
                {search !== ""
                  ? `No task has “${search}” in its data${conditions > 0 ? " and passes the filters of this view" : ""}.`
                  : "The filters of this view leave none of the project's tasks over. Tasks come in here by themselves as they pass."}
              </Empty>
            ) : (
              <div
                className={`data-split${quick ? " data-quick" : ""}${first.isPlaceholderData ? " data-stale" : ""}`}
              >
                <TaskTable
                  key={listKey(list)}
                  ref={table}
                  projectId={projectId}
                  list={list}
                  view={view}
                  total={total}
                  columns={columns}
                  people={peopleById}
                  onView={change}
                  selection={selection}
                  onSelection={setSelection}
                  onSelectAll={() => setSelection(picked === total ? NONE : ALL)}
                  isLeaving={(id) => has(leaving, id)}
                  onDelete={remove}
                  onOpen={openTask}
                  peeking={quick}
                  onActive={onActive}
                  onSeen={onSeen}
                />
                {quick && project.data && (
                  <QuickView
                    project={project.data}
                    taskId={activeTask.task?.id}
                    row={activeTask.row}
                    total={total}
                    onMove={(by) => table.current?.move(by)}
                    onOpen={() => activeTask.task && openTask(activeTask.task)}
                    onClose={toggleQuick}
                  />
                )}
              </div>
            )}
            <StatusBar
              answer={first.data}
              total={total}
              seen={seen}
              onRow={(row) => table.current?.showRow(row)}
            />
          </section>
        </>
      )}
      <ActionDialog
        projectId={projectId}
        list={list}
        plan={plan}
        onClose={() => setPlan(null)}
        instead={(what) => {
          if (what.action.id !== "delete_tasks") return false;
          removeSoon(what);
          return true;
        }}
        onDone={(detail) => {
          setSelection(NONE);
          refresh();
          toast(detail, { tone: "ok" });
        }}
      />
    </Shell>
  );
}

/** The same object as before while it says the same. */
function useStable(list: ListSpec): ListSpec {
  const kept = useRef(list);
  if (listKey(kept.current) !== listKey(list)) kept.current = list;
  return kept.current;
}
