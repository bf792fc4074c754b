import { EyeOff, Lock, Mic, Sparkles, SquareDashed, TextCursorInput, TriangleAlert } from "lucide-react";
import { type KeyboardEvent, type MouseEvent, useEffect, useRef, useState } from "react";
import { attr } from "../config/attrs";
import { kindName } from "../core/describe";
import type { Region } from "../core/types";
import { useEditor } from "./context";
import { useStoreVersion } from "./useStore";

const ROW = 28;
const OVERSCAN = 8;
const PAGE = 10;
/** What Enter leads to: the first thing that is asked about the selected region. */
const DETAIL_FIELDS = ".ed-details :is(input, textarea, select, .ed-star):enabled";
const ICONS = { span: TextCursorInput, interval: Mic, box: SquareDashed, none: SquareDashed };

/** All regions as a list box: the twin of the drawn ones for keyboard and screen reader. Only rows in view exist. */
export function RegionsList() {
  const { store, reveal } = useEditor();
  useStoreVersion(store);
  const box = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<string | null>(null);
  const visible = useWindow(box, store.order.length);
  const current = active !== null && store.regions.has(active) ? active : ([...store.selection][0] ?? null);
  const activeIndex = current === null ? -1 : store.order.indexOf(current);

  const onlySelected = store.selection.size === 1 ? [...store.selection][0] : undefined;
  useEffect(() => {
    if (onlySelected === undefined) return;
    setActive(onlySelected);
    scrollToRow(box.current, store.order.indexOf(onlySelected));
  }, [onlySelected, store]);

  const choose = (index: number, mode: "set" | "toggle" | "add") => {
    const id = store.order[Math.min(Math.max(index, 0), store.order.length - 1)];
    if (id === undefined) return;
    setActive(id);
    store.select([id], mode);
    reveal(id);
    scrollToRow(box.current, store.order.indexOf(id));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter") {
      document.querySelector<HTMLElement>(DETAIL_FIELDS)?.focus();
      event.preventDefault();
      return;
    }
    const target = rowTarget(event.key, activeIndex, store.order.length);
    if (target === null && event.key !== " ") return;
    event.preventDefault();
    choose(target ?? activeIndex, event.key === " " ? "toggle" : event.shiftKey ? "add" : "set");
  };
  const onClick = (event: MouseEvent, index: number) => {
    if (event.shiftKey && activeIndex >= 0) {
      const [from, to] = [Math.min(activeIndex, index), Math.max(activeIndex, index)];
      store.select(store.order.slice(from, to + 1), "add");
    } else choose(index, event.ctrlKey || event.metaKey ? "toggle" : "set");
  };

  if (store.order.length === 0) return <p className="ed-empty">Nothing is marked yet.</p>;
  return (
    <div
      ref={box}
      className="ed-regions"
      role="listbox"
      tabIndex={0}
      aria-label="Regions"
      aria-multiselectable="true"
      aria-activedescendant={
        activeIndex >= visible.from && activeIndex < visible.to ? rowId(current) : undefined
      }
      onKeyDown={onKeyDown}
    >
      <div className="ed-regions-space" style={{ height: store.order.length * ROW }} role="presentation">
        {store.order.slice(visible.from, visible.to).map((id, offset) => {
          const region = store.regions.get(id);
          const index = visible.from + offset;
          return (
            region && <Row key={id} region={region} index={index} active={id === current} onClick={onClick} />
          );
        })}
      </div>
    </div>
  );
}

function rowTarget(key: string, active: number, count: number): number | null {
  switch (key) {
    case "ArrowDown":
      return active + 1;
    case "ArrowUp":
      return active === -1 ? count - 1 : active - 1;
    case "PageDown":
      return active + PAGE;
    case "PageUp":
      return active - PAGE;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}

function rowId(id: string | null): string | undefined {
  return id === null ? undefined : `ed-row-${id}`;
}

/** First and last row that are in view, with some to spare. */
function useWindow(box: React.RefObject<HTMLDivElement | null>, count: number): { from: number; to: number } {
  const [view, setView] = useState({ top: 0, height: 600 });
  const filled = count > 0;
  useEffect(() => {
    const element = box.current;
    if (!element || !filled) return;
    const read = () => setView({ top: element.scrollTop, height: element.clientHeight || 600 });
    read();
    element.addEventListener("scroll", read, { passive: true });
    const observer = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(read);
    observer?.observe(element);
    return () => {
      element.removeEventListener("scroll", read);
      observer?.disconnect();
    };
  }, [box, filled]);
  const from = Math.max(0, Math.floor(view.top / ROW) - OVERSCAN);
  return { from, to: Math.min(count, Math.ceil((view.top + view.height) / ROW) + OVERSCAN) };
}

function scrollToRow(box: HTMLElement | null, index: number): void {
  if (!box || index < 0) return;
  const top = index * ROW;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + ROW > box.scrollTop + box.clientHeight) box.scrollTop = top + ROW - box.clientHeight;
}

interface RowProps {
  region: Region;
  index: number;
  active: boolean;
  onClick(event: MouseEvent, index: number): void;
}

function Row({ region, index, active, onClick }: RowProps) {
  const { store, theme, problems, describe } = useEditor();
  const selected = store.selection.has(region.id);
  const Icon = ICONS[region.shape.kind];
  const caption = theme.caption(region);
  const faulty = problems.some((problem) => problem.regionId === region.id);
  const transcript = transcriptOf(region, store.config.controls.values());
  const classes = ["ed-row", selected && "is-selected", active && "is-active", region.hidden && "is-hidden"];
  return (
    // The list box itself takes the keys (aria-activedescendant).
    // biome-ignore lint/a11y/useKeyWithClickEvents: see above
    // biome-ignore lint/a11y/useFocusableInteractive: see above
    <div
      id={rowId(region.id)}
      role="option"
      aria-selected={selected}
      aria-setsize={store.order.length}
      aria-posinset={index + 1}
      className={classes.filter(Boolean).join(" ")}
      style={{ top: index * ROW }}
      onMouseDown={(event) => event.preventDefault()}
      onClick={(event) => onClick(event, index)}
    >
      <Icon
        size={13}
        aria-hidden="true"
        style={{ color: theme.region(region).solid }}
        className="ed-row-icon"
      />
      <span className={caption ? "ed-row-label" : "ed-row-label is-missing"}>{caption || "no label"}</span>
      <span className="ed-sr">{`, ${kindName(region)}, `}</span>
      <span className="ed-row-text">{transcript ?? describe(region)}</span>
      <span className="ed-row-state">
        {faulty && <TriangleAlert size={12} role="img" aria-label="needs an answer" />}
        {region.origin === "prediction" && <Sparkles size={12} role="img" aria-label="predicted" />}
        {region.locked && <Lock size={12} role="img" aria-label="locked" />}
        {region.hidden && <EyeOff size={12} role="img" aria-label="hidden" />}
      </span>
    </div>
  );
}

/** Text typed for the region in a control that asks to be shown in the list. */
function transcriptOf(region: Region, controls: Iterable<Parameters<typeof attr>[0]>): string | null {
  for (const control of controls) {
    if (attr(control, "displayMode") !== "region-list") continue;
    const text = region.answers[control.name]?.text;
    if (Array.isArray(text) && text.length > 0) return text.join(" · ");
  }
  return null;
}
