import type { EditorTheme, LabelColor, Region } from "../../core/types";
import type { Segment } from "./segments";

export interface PaintContext {
  readonly text: string;
  readonly theme: EditorTheme;
  readonly showLabels: boolean;
  /** Colours of the stretch that a region marks; those of its caption come from its labels. */
  highlight(region: Region): LabelColor;
  region(id: string): Region | undefined;
  isSelected(id: string): boolean;
  /** Underline level of each span in the line. */
  readonly levels: ReadonlyMap<string, number>;
  /** Remembers which characters a node shows, so that DOM positions can be turned into offsets. */
  place(node: Text, start: number): void;
  mark(element: HTMLElement, ids: readonly string[]): void;
}

const UNDERLINE = 2;
/** More than these cannot be told apart, and each costs. */
const MAX_UNDERLINES = 4;
const MAX_LAYERS = 6;

/** Nodes of one segment: bare text where no span lies, otherwise a mark, then a caption for each span that ends. */
export function paintSegment(segment: Segment, ctx: PaintContext): Node[] {
  const text = document.createTextNode(ctx.text.slice(segment.start, segment.end));
  ctx.place(text, segment.start);
  const regions = segment.ids.flatMap((id) => ctx.region(id) ?? []);
  if (regions.length === 0) return [text];
  const mark = document.createElement("mark");
  mark.className = "ed-mark";
  mark.append(text);
  ctx.mark(mark, segment.ids);
  paintMark(mark, regions, ctx);
  const captions = ctx.showLabels ? segment.ending.flatMap((id) => ctx.region(id) ?? []) : [];
  return [mark, ...captions.map((region) => caption(region, ctx))];
}

function paintMark(mark: HTMLElement, regions: readonly Region[], ctx: PaintContext): void {
  const selected = regions.some((region) => ctx.isSelected(region.id));
  if (selected) mark.classList.add("is-selected");
  if (regions.some((region) => region.origin === "prediction")) mark.classList.add("is-prediction");
  const layers = regions.slice(-MAX_LAYERS).map((region) => ctx.highlight(region).soft);
  mark.style.backgroundColor = layers[0] ?? "";
  if (layers.length > 1) {
    mark.style.backgroundImage = layers
      .slice(1)
      .map((soft) => `linear-gradient(${soft}, ${soft})`)
      .join(", ");
  }
  mark.style.boxShadow = underlines(regions, ctx);
}

/** One line under the text for each span, at the level that the span keeps along the whole line. */
function underlines(regions: readonly Region[], ctx: PaintContext): string {
  const lines = regions
    .map((region) => ({ level: ctx.levels.get(region.id) ?? 0, color: ctx.highlight(region).solid }))
    .filter(({ level }) => level < MAX_UNDERLINES)
    .sort((a, b) => a.level - b.level);
  // Nearer shadows hide farther ones: a gap in the colour of the page separates them.
  return lines
    .flatMap(({ level, color }) => {
      const depth = UNDERLINE + level * (UNDERLINE + 1);
      return level === 0
        ? [`0 ${depth}px 0 ${color}`]
        : [`0 ${depth - UNDERLINE}px 0 var(--surface)`, `0 ${depth}px 0 ${color}`];
    })
    .join(", ");
}

/** The label shown after a span. Its text comes from CSS, so it is neither selected nor copied with the text. */
function caption(region: Region, ctx: PaintContext): HTMLElement {
  const element = document.createElement("span");
  element.className = "ed-caption";
  element.setAttribute("aria-hidden", "true");
  element.dataset.caption = ctx.theme.caption(region) || "no label";
  const color = ctx.theme.region(region);
  element.style.backgroundColor = color.solid;
  element.style.color = color.text;
  if (ctx.isSelected(region.id)) element.classList.add("is-selected");
  if (region.locked) element.classList.add("is-locked");
  if (region.origin === "prediction") element.classList.add("is-prediction");
  ctx.mark(element, [region.id]);
  return element;
}
