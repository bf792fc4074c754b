import { ChevronDown, Copy, MoveLeft, MoveRight, Pencil, Plus, Trash2 } from "lucide-react";
import { type KeyboardEvent, useRef, useState } from "react";
import type { View } from "@/api/views";
import { useCommands } from "@/app/useCommands";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { TextField } from "@/ui/Field";
import { MenuItem, Popover } from "@/ui/Popover";
import { type Tabs, titleOf } from "./useTabs";

export const PANEL_ID = "data-panel";
export const tabId = (id: number) => `data-tab-${id}`;

/** The views of the project as tabs; drag one, or Alt+←/→, to put it elsewhere. */
export function TabBar({ tabs }: { tabs: Tabs }) {
  const { views, active } = tabs;
  const [naming, setNaming] = useState<View | null>(null);
  const dragged = useRef<number | null>(null);
  const list = useRef<HTMLDivElement>(null);
  const at = views.findIndex((view) => view.id === active.id);
  const stored = active.id !== 0;

  const focusActive = () =>
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>("[aria-selected=true]")?.focus());
  const go = (to: number) => {
    const view = views[(to + views.length) % views.length];
    if (view) tabs.select(view.id);
  };
  const shift = (by: -1 | 1) => {
    const rest = views.filter((view) => view.id !== active.id);
    if (at + by < 0 || at + by >= views.length) return;
    tabs.move(active.id, rest[at + by]?.id ?? null);
  };
  const add = async () => {
    const made = await tabs.add({ title: freshTitle(views, "New view") });
    if (made) setNaming(made);
  };
  const duplicate = () => {
    const { selectedItems: _, ...data } = active.data;
    void tabs.add({ ...data, title: freshTitle(views, `${titleOf(active)} copy`) });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const { key, altKey } = event;
    if (event.ctrlKey || event.metaKey) return;
    if (altKey && key === "ArrowLeft") shift(-1);
    else if (altKey && key === "ArrowRight") shift(1);
    else if (key === "ArrowLeft") go(at - 1);
    else if (key === "ArrowRight") go(at + 1);
    else if (key === "Home") go(0);
    else if (key === "End") go(views.length - 1);
    else if (key === "F2") setNaming(active);
    else if (key === "Delete" && stored) tabs.remove(active.id);
    else return;
    event.preventDefault();
    focusActive();
  };
  useCommands([
    { id: "view:new", title: "New view", group: "Views", keys: "n", run: () => void add() },
    { id: "view:next", title: "Next view", group: "Views", keys: "]", run: () => go(at + 1) },
    { id: "view:previous", title: "Previous view", group: "Views", keys: "[", run: () => go(at - 1) },
    { id: "view:rename", title: "Rename the view", group: "Views", run: () => setNaming(active) },
    { id: "view:duplicate", title: "Duplicate the view", group: "Views", run: duplicate },
    {
      id: "view:delete",
      title: "Delete the view",
      group: "Views",
      when: () => stored,
      run: () => tabs.remove(active.id),
    },
  ]);
  return (
    <div className="tabbar">
      <div ref={list} role="tablist" aria-label="Views" className="tabbar-list" onKeyDown={onKeyDown}>
        {views.map((view) => (
          <button
            key={view.id}
            id={tabId(view.id)}
            type="button"
            role="tab"
            className="tabbar-tab"
            aria-selected={view.id === active.id}
            aria-controls={PANEL_ID}
            tabIndex={view.id === active.id ? 0 : -1}
            title={titleOf(view)}
            draggable={views.length > 1}
            onClick={() => tabs.select(view.id)}
            onDoubleClick={() => setNaming(view)}
            onDragStart={() => {
              dragged.current = view.id;
            }}
            onDragOver={(event) => dragged.current !== null && event.preventDefault()}
            onDrop={() => {
              const from = views.findIndex((each) => each.id === dragged.current);
              const to = views.findIndex((each) => each.id === view.id);
              if (dragged.current !== null && from !== to)
                tabs.move(dragged.current, from < to ? (views[to + 1]?.id ?? null) : view.id);
              dragged.current = null;
            }}
          >
            <span className="clip">{titleOf(view)}</span>
          </button>
        ))}
      </div>
      <Popover
        role="menu"
        label="This view"
        panelClass="menu"
        buttonClass="button button-quiet button-icon"
        buttonLabel="This view"
        title="Rename, duplicate, move or delete this view"
        button={<ChevronDown size={16} />}
      >
        {(close) => {
          const then = (run: () => void) => () => {
            close();
            run();
          };
          return (
            <>
              <MenuItem icon={<Pencil size={14} />} onSelect={then(() => setNaming(active))}>
                Rename
              </MenuItem>
              <MenuItem icon={<Copy size={14} />} onSelect={then(duplicate)}>
                Duplicate
              </MenuItem>
              <MenuItem icon={<MoveLeft size={14} />} disabled={at <= 0} onSelect={then(() => shift(-1))}>
                Move left
              </MenuItem>
              <MenuItem
                icon={<MoveRight size={14} />}
                disabled={at >= views.length - 1}
                onSelect={then(() => shift(1))}
              >
                Move right
              </MenuItem>
              <hr className="menu-line" />
              <MenuItem
                icon={<Trash2 size={14} />}
                tone="danger"
                disabled={!stored}
                onSelect={then(() => tabs.remove(active.id))}
              >
                Delete
              </MenuItem>
            </>
          );
        }}
      </Popover>
      <Button
        tone="quiet"
        icon={<Plus size={16} />}
        aria-label="New view"
        title="New view  N"
        onClick={() => void add()}
      />
      <NameDialog
        view={naming}
        onClose={() => setNaming(null)}
        onName={(view, title) => tabs.rename(view.id, title)}
      />
    </div>
  );
}

function freshTitle(views: readonly View[], wanted: string): string {
  const taken = new Set(views.map(titleOf));
  for (let number = 1; ; number++) {
    const title = number === 1 ? wanted : `${wanted} ${number}`;
    if (!taken.has(title)) return title;
  }
}

interface NameProps {
  view: View | null;
  onClose: () => void;
  onName: (view: View, title: string) => void;
}

function NameDialog({ view, onClose, onName }: NameProps) {
  return (
    <Dialog open={view !== null} onClose={onClose} title="Name of the view">
      {view && <NameForm key={view.id} view={view} onClose={onClose} onName={onName} />}
    </Dialog>
  );
}

function NameForm({ view, onClose, onName }: NameProps & { view: View }) {
  const [title, setTitle] = useState(titleOf(view));
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (title.trim()) onName(view, title.trim());
        onClose();
      }}
    >
      <TextField
        label="Name"
        hint="Everybody in the project sees this view."
        value={title}
        maxLength={100}
        data-autofocus
        autoComplete="off"
        onFocus={(event) => event.target.select()}
        onChange={(event) => setTitle(event.target.value)}
      />
      <div className="row row-end">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" tone="primary" disabled={!title.trim()}>
          Save
        </Button>
      </div>
    </form>
  );
}
