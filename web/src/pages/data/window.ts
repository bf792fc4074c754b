/**
 * Where a list of any length is scrolled to. Browsers give up on elements of some 17 million pixels, so a long list is
 * drawn on a shorter canvas: small movements are followed pixel by pixel, and only jumps (the scroll bar, keys) go by
 * the share of the way. Pure: the table tells it what happened and draws what it says.
 */

export const MAX_CANVAS = 8_000_000;

export interface Scroll {
  /** Pixels of the whole list above the window. */
  readonly top: number;
  /** `scrollTop` of the element at that moment. */
  readonly bar: number;
}

export interface Extent {
  /** Pixels of the whole list. */
  readonly length: number;
  /** Pixels of the window on it. */
  readonly view: number;
}

export const canvasOf = (extent: Extent) => Math.min(extent.length, MAX_CANVAS);
const farthest = (extent: Extent) => Math.max(0, extent.length - extent.view);
const farthestBar = (extent: Extent) => Math.max(0, canvasOf(extent) - extent.view);

/** So much at either end is drawn pixel by pixel, so that the ends are where the bar ends. */
const EDGE = 500_000;

/** The scroll bar's place for a place in the list. */
export function barOf(top: number, extent: Extent): number {
  if (extent.length <= MAX_CANVAS) return top;
  const [end, endBar] = [farthest(extent), farthestBar(extent)];
  if (top <= EDGE) return top;
  if (end - top <= EDGE) return endBar - (end - top);
  return EDGE + ((top - EDGE) / (end - 2 * EDGE)) * (endBar - 2 * EDGE);
}

/** The place in the list for a place of the scroll bar. */
function topOf(bar: number, extent: Extent): number {
  const [end, endBar] = [farthest(extent), farthestBar(extent)];
  if (bar <= EDGE) return bar;
  if (endBar - bar <= EDGE) return end - (endBar - bar);
  return EDGE + ((bar - EDGE) / (endBar - 2 * EDGE)) * (end - 2 * EDGE);
}

export function scrollTo(top: number, extent: Extent): Scroll {
  const within = Math.min(Math.max(0, top), farthest(extent));
  return { top: within, bar: Math.round(barOf(within, extent)) };
}

/** After the element was scrolled to `bar`. */
export function scrolled(before: Scroll, bar: number, extent: Extent): Scroll {
  if (extent.length <= MAX_CANVAS) return { top: bar, bar };
  const end = farthest(extent);
  const endBar = farthestBar(extent);
  const moved = bar - before.bar;
  if (Math.abs(moved) > extent.view * 2) return { top: topOf(bar, extent), bar };
  const top = Math.min(Math.max(0, before.top + moved), end);
  // The bar is at its end and the list is not: there has to be room to go on.
  if ((bar <= 0 && top > 0) || (bar >= endBar && top < end)) return scrollTo(top, extent);
  return { top, bar };
}

/** First and last row that are drawn, with some beyond the edges. */
export function rowsIn(
  top: number,
  view: number,
  rowHeight: number,
  rows: number,
  beyond: number,
): [number, number] {
  const first = Math.max(0, Math.floor(top / rowHeight) - beyond);
  const last = Math.min(rows - 1, Math.ceil((top + view) / rowHeight) + beyond);
  return [first, last];
}
