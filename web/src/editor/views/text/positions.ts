import { lineAt } from "./segments";
import type { Range16 } from "./words";

/** Translates between places in the drawn lines and UTF-16 offsets in the text. */
export class Positions {
  private readonly textStart = new WeakMap<Text, number>();

  constructor(
    private readonly root: HTMLElement,
    private readonly lines: readonly HTMLElement[],
    private readonly starts: readonly number[],
    private readonly length: number,
  ) {}

  /** Remembers at which offset a drawn text node starts. */
  place(node: Text, start: number): void {
    this.textStart.set(node, start);
  }

  /** Offset of the end of a line, its newline not counted. */
  lineEnd(line: number): number {
    return (this.starts[line + 1] ?? this.length + 1) - 1;
  }

  /** The page's selection as offsets in this text, or null when it is empty or elsewhere. */
  selected(): Range16 | null {
    const selection = document.getSelection();
    if (!selection || selection.isCollapsed || selection.rangeCount === 0) return null;
    const range = selection.getRangeAt(0);
    if (!this.root.contains(range.startContainer) || !this.root.contains(range.endContainer)) return null;
    const start = this.offsetOf(range.startContainer, range.startOffset);
    const end = this.offsetOf(range.endContainer, range.endOffset);
    return end > start ? { start, end } : null;
  }

  select(range: Range16): void {
    const from = this.domPosition(range.start);
    const to = this.domPosition(range.end);
    document.getSelection()?.setBaseAndExtent(from.node, from.offset, to.node, to.offset);
  }

  offsetOf(node: Node, offset: number): number {
    if (node instanceof Text) return (this.textStart.get(node) ?? 0) + offset;
    // Between elements: where the next shown character starts, or the end of what came before.
    const child = node.childNodes[offset];
    const next = child && firstText(child);
    if (next) return this.textStart.get(next) ?? 0;
    const previous = node.childNodes[offset - 1];
    const line = this.lines.indexOf((node as Element).closest(".ed-line") as HTMLElement);
    if (line === -1) {
      const before = this.lines.indexOf(previous as HTMLElement);
      return before === -1 ? 0 : this.lineEnd(before);
    }
    const last = previous && lastText(previous);
    return last ? (this.textStart.get(last) ?? 0) + last.length : this.lineEnd(line);
  }

  domPosition(offset: number): { node: Node; offset: number } {
    const line = this.lines[lineAt(this.starts, offset)] ?? this.root;
    const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
    let last: Text | null = null;
    while (walker.nextNode()) {
      last = walker.currentNode as Text;
      const start = this.textStart.get(last) ?? 0;
      if (offset <= start + last.length) return { node: last, offset: Math.max(0, offset - start) };
    }
    return last ? { node: last, offset: last.length } : { node: line, offset: 0 };
  }
}

function firstText(node: Node): Text | null {
  if (node instanceof Text) return node;
  return document.createTreeWalker(node, NodeFilter.SHOW_TEXT).nextNode() as Text | null;
}

function lastText(node: Node): Text | null {
  if (node instanceof Text) return node;
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  let last: Text | null = null;
  while (walker.nextNode()) last = walker.currentNode as Text;
  return last;
}
