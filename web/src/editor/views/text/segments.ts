/** UTF-16 extents of a drawn span. */
export interface Extent {
  readonly id: string;
  readonly start: number;
  readonly end: number;
}

/** A stretch of one line over which the same spans lie. `ids` in drawing order; `ending` = spans that end here. */
export interface Segment {
  readonly start: number;
  readonly end: number;
  readonly ids: readonly string[];
  readonly ending: readonly string[];
}

/** Offsets of the first character of each line. */
export function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** Index of the line that holds the offset. */
export function lineAt(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Cuts a line (end exclusive, without its newline) wherever a span begins or ends. One sweep, n log n. */
export function segmentLine(start: number, end: number, extents: readonly Extent[]): Segment[] {
  const begins = extents.filter((extent) => extent.start < end && extent.end > start).sort(byStart);
  const cuts = new Set<number>([start, end]);
  for (const extent of begins) {
    cuts.add(Math.max(extent.start, start));
    cuts.add(Math.min(extent.end, end));
  }
  const sorted = [...cuts].sort((a, b) => a - b);
  const segments: Segment[] = [];
  let active: Extent[] = [];
  let next = 0;
  for (let index = 0; index + 1 < sorted.length; index++) {
    const from = sorted[index] as number;
    const to = sorted[index + 1] as number;
    active = active.filter((extent) => extent.end > from);
    for (; next < begins.length && (begins[next] as Extent).start <= from; next++) {
      active.push(begins[next] as Extent);
    }
    segments.push({
      start: from,
      end: to,
      ids: active.map((extent) => extent.id),
      ending: active.filter((extent) => extent.end === to).map((extent) => extent.id),
    });
  }
  return segments;
}

/** Longer spans first, so that shorter ones are drawn over them. */
function byStart(a: Extent, b: Extent): number {
  return a.start - b.start || b.end - a.end;
}

/** Underline level of each span of a line, 0 lowest: spans that overlap never share one. */
export function levels(extents: readonly Extent[]): Map<string, number> {
  const ends: number[] = [];
  const result = new Map<string, number>();
  for (const extent of [...extents].sort(byStart)) {
    let level = ends.findIndex((end) => end <= extent.start);
    if (level === -1) level = ends.length;
    ends[level] = extent.end;
    result.set(extent.id, level);
  }
  return result;
}
