/**
 * Maps between Unicode code points (as results count) and UTF-16 units (as the DOM counts) in one text.
 * A text without surrogate pairs costs nothing; otherwise the positions of the pairs are kept and searched.
 */
export interface CodepointIndex {
  /** Length of the text in code points. */
  readonly length: number;
  toUtf16(codepoints: number): number;
  toCodepoints(utf16: number): number;
  /** Text between two code point offsets. */
  slice(start: number, end: number): string;
}

const SURROGATES = /[\uD800-\uDFFF]/;

export function indexCodepoints(text: string): CodepointIndex {
  const clamp = (offset: number, max: number) => Math.min(Math.max(Math.trunc(offset) || 0, 0), max);
  // Pair number i sits at UTF-16 offset pairs[i], which is code point offset pairs[i] - i.
  const pairs = SURROGATES.test(text) ? pairOffsets(text) : [];
  const length = text.length - pairs.length;
  const toUtf16 = (offset: number) => {
    const point = clamp(offset, length);
    return pairs.length === 0 ? point : point + countBelow(pairs, (at, i) => at - i < point);
  };
  const toCodepoints = (offset: number) => {
    const unit = clamp(offset, text.length);
    // An offset inside a pair belongs to the character that the pair makes.
    return pairs.length === 0 ? unit : unit - countBelow(pairs, (at) => at < unit);
  };
  return { length, toUtf16, toCodepoints, slice: (start, end) => text.slice(toUtf16(start), toUtf16(end)) };
}

function pairOffsets(text: string): number[] {
  const pairs: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const point = text.codePointAt(at) ?? 0;
    if (point > 0xffff) pairs.push(at++);
  }
  return pairs;
}

/** Number of leading entries for which `below` holds (binary search; `below` must be monotone). */
function countBelow(sorted: readonly number[], below: (value: number, index: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (below(sorted[middle] as number, middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
