export type Granularity = "symbol" | "word" | "sentence" | "paragraph";

export interface Range16 {
  readonly start: number;
  readonly end: number;
}

const WINDOW = 2000;
const segmenters = new Map<string, Intl.Segmenter>();

function segmenter(granularity: "word" | "sentence" | "grapheme"): Intl.Segmenter {
  let found = segmenters.get(granularity);
  if (!found) {
    found = new Intl.Segmenter(undefined, { granularity });
    segmenters.set(granularity, found);
  }
  return found;
}

/** Part of the text around an offset, cut at line ends: words and sentences need not be sought in a whole book. */
function around(text: string, offset: number): Range16 {
  const before = text.lastIndexOf("\n", offset - 1) + 1;
  const newline = text.indexOf("\n", offset);
  const after = newline === -1 ? text.length : newline;
  return { start: Math.max(before, offset - WINDOW), end: Math.min(after, offset + WINDOW) };
}

/** Words (things a reader would call one, no spaces or punctuation) of the stretch around the offset. */
function wordsAround(text: string, offset: number): Range16[] {
  const window = around(text, offset);
  const words: Range16[] = [];
  for (const piece of segmenter("word").segment(text.slice(window.start, window.end))) {
    const start = window.start + piece.index;
    if (piece.isWordLike || /[^\s\p{P}]/u.test(piece.segment))
      words.push({ start, end: start + piece.segment.length });
  }
  return words;
}

/** The word at the offset, or the nearest one after (then before) it in the line. */
export function wordAt(text: string, offset: number): Range16 | null {
  const words = wordsAround(text, offset);
  return words.find((word) => word.end > offset) ?? words.at(-1) ?? null;
}

/** First word that starts at or after the offset, over line ends. */
export function nextWord(text: string, offset: number): Range16 | null {
  for (let at = offset; at <= text.length; ) {
    const word = wordsAround(text, at).find((candidate) => candidate.start >= at);
    if (word) return word;
    const end = around(text, at).end;
    at = Math.max(end + (text[end] === "\n" ? 1 : 0), at + 1);
  }
  return null;
}

/** Last word that ends at or before the offset, over line ends. */
export function previousWord(text: string, offset: number): Range16 | null {
  for (let at = offset; at >= 0; ) {
    const word = wordsAround(text, at).findLast((candidate) => candidate.end <= at);
    if (word) return word;
    const start = around(text, at).start;
    at = Math.min(start - (text[start - 1] === "\n" ? 1 : 0), at - 1);
  }
  return null;
}

/** Offset one character (as a reader counts) before or after. */
export function stepCharacter(text: string, offset: number, direction: 1 | -1): number {
  const from = direction === 1 ? offset : Math.max(0, offset - 64);
  const part = text.slice(from, direction === 1 ? offset + 64 : offset);
  const pieces = [...segmenter("grapheme").segment(part)];
  const piece = direction === 1 ? pieces[0] : pieces.at(-1);
  return piece ? offset + direction * piece.segment.length : offset;
}

/** Grows a selection to whole words, sentences or lines, then drops blank space at both ends; null if only blank. */
export function snap(text: string, range: Range16, granularity: Granularity): Range16 | null {
  const tight = trim(text, range);
  if (!tight || granularity === "symbol") return tight;
  if (granularity === "paragraph") {
    const start = text.lastIndexOf("\n", tight.start - 1) + 1;
    const newline = text.indexOf("\n", tight.end);
    return trim(text, { start, end: newline === -1 ? text.length : newline });
  }
  return trim(text, {
    start: pieceAt(text, tight.start, granularity).start,
    end: pieceAt(text, tight.end - 1, granularity).end,
  });
}

function pieceAt(text: string, offset: number, granularity: "word" | "sentence"): Range16 {
  const window = around(text, offset);
  const piece = segmenter(granularity)
    .segment(text.slice(window.start, window.end))
    .containing(offset - window.start);
  if (!piece) return { start: offset, end: offset + 1 };
  const start = window.start + piece.index;
  return { start, end: start + piece.segment.length };
}

function trim(text: string, { start, end }: Range16): Range16 | null {
  const part = text.slice(start, end);
  const left = part.length - part.trimStart().length;
  const right = part.length - part.trimEnd().length;
  return left === part.length ? null : { start: start + left, end: end - right };
}
