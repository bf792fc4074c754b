import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { canvasOf, type Extent, rowsIn, type Scroll, scrolled, scrollTo } from "./window";

const REST_MS = 150;

interface WindowOptions {
  rows: number;
  rowHeight: number;
  /** Pixels at the top that stay where they are. */
  head: number;
  /** Where to begin, in pixels of the whole list. */
  initial: number;
}

/** Which rows of a list of any length are in view. The element scrolls by itself; `canvas` is its content's height. */
export function useWindow(scroller: RefObject<HTMLElement | null>, options: WindowOptions) {
  const { rows, rowHeight, head } = options;
  const [view, setView] = useState(600);
  const [scroll, setScroll] = useState<Scroll>({ top: options.initial, bar: options.initial });
  const extent: Extent = { length: rows * rowHeight, view };
  const latest = useRef({ scroll, extent });
  latest.current.extent = extent;
  const rest = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  const apply = useCallback(
    (next: Scroll) => {
      latest.current.scroll = next;
      setScroll(next);
      const element = scroller.current;
      if (element && Math.round(element.scrollTop) !== Math.round(next.bar)) element.scrollTop = next.bar;
    },
    [scroller],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: once, with what was remembered
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const height = Math.max(0, element.clientHeight - head);
    setView(height);
    latest.current.extent = { ...latest.current.extent, view: height };
    apply(scrollTo(options.initial, latest.current.extent));
    const watch = new ResizeObserver(() => setView(Math.max(0, element.clientHeight - head)));
    watch.observe(element);
    return () => watch.disconnect();
  }, [scroller, head, apply]);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const listen = () => {
      const { scroll: before, extent: size } = latest.current;
      const bar = element.scrollTop;
      if (Math.abs(bar - before.bar) < 1) return;
      apply(scrolled(before, bar, size));
      // At rest the bar says where one is in the whole list.
      clearTimeout(rest.current);
      rest.current = setTimeout(
        () => apply(scrollTo(latest.current.scroll.top, latest.current.extent)),
        REST_MS,
      );
    };
    element.addEventListener("scroll", listen, { passive: true });
    return () => {
      clearTimeout(rest.current);
      element.removeEventListener("scroll", listen);
    };
  }, [scroller, apply]);

  const showRow = useCallback(
    (row: number, where: "nearest" | "start" = "nearest") => {
      const { scroll: now, extent: size } = latest.current;
      const [start, end] = [row * rowHeight, (row + 1) * rowHeight];
      if (where === "start" || start < now.top) apply(scrollTo(start, size));
      else if (end > now.top + size.view) apply(scrollTo(end - size.view, size));
    },
    [rowHeight, apply],
  );

  const top = useCallback(() => latest.current.scroll.top, []);
  const at = Math.min(scroll.top, Math.max(0, extent.length - view));
  const [first, last] = rowsIn(at, view, rowHeight, rows, 8);
  return {
    first,
    last,
    /** Rows that are whole or in part inside the window. */
    seen: [
      Math.min(rows - 1, Math.floor(at / rowHeight)),
      Math.min(rows - 1, Math.max(0, Math.ceil((at + view) / rowHeight) - 1)),
    ] as const,
    canvas: canvasOf(extent),
    /** Place of a row on the canvas. */
    place: (row: number) => row * rowHeight - scroll.top + scroll.bar,
    top,
    showRow,
  };
}
