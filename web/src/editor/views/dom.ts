/** Small DOM helpers of the object views. Text from users only ever goes in as text. */

/** Paths on a 16 × 16 grid, drawn by us, stroked with the text colour. */
const ICONS = {
  select: "M3 2l9.5 5.2-4.3 1.1-1.9 4.2z",
  box: "M2.5 4.5h11v7h-11zM2.5 4.5v0M13.5 11.5v0",
  pan: "M8 1.8v12.4M1.8 8h12.4M8 1.8L6.2 3.6M8 1.8l1.8 1.8M8 14.2l-1.8-1.8M8 14.2l1.8-1.8M1.8 8l1.8-1.8M1.8 8l1.8 1.8M14.2 8l-1.8-1.8M14.2 8l-1.8 1.8",
  plus: "M8 3.2v9.6M3.2 8h9.6",
  minus: "M3.2 8h9.6",
  fit: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  left: "M3.2 3v3.6h3.6M3.4 6.4A5.2 5.2 0 1 1 3 9.6",
  right: "M12.8 3v3.6H9.2M12.6 6.4A5.2 5.2 0 1 0 13 9.6",
  previous: "M9.8 3.5L5.3 8l4.5 4.5",
  next: "M6.2 3.5L10.7 8l-4.5 4.5",
  play: "M4.5 2.8v10.4L13 8z",
  pause: "M5.2 3v10M10.8 3v10",
  sun: "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4",
  contrast: "M8 2.2a5.8 5.8 0 1 0 0 11.6zM8 2.2a5.8 5.8 0 0 1 0 11.6",
  volume: "M2.5 6.2h2.3L8 3.4v9.2L4.8 9.8H2.5zM10.6 5.6a3.4 3.4 0 0 1 0 4.8",
  muted: "M2.5 6.2h2.3L8 3.4v9.2L4.8 9.8H2.5zM10.6 6.2l3.2 3.6M13.8 6.2l-3.2 3.6",
} as const;
export type Icon = keyof typeof ICONS;

const SVG = "http://www.w3.org/2000/svg";

export function icon(name: Icon): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({
    viewBox: "0 0 16 16",
    width: "16",
    height: "16",
    fill: name === "play" ? "currentColor" : "none",
    stroke: "currentColor",
    "stroke-width": name === "pause" ? "2.4" : "1.4",
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
    "aria-hidden": "true",
  })) {
    svg.setAttribute(key, value);
  }
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...children);
  return node;
}

export interface ButtonOptions {
  readonly icon: Icon;
  readonly title: string;
  /** Key shown in the tooltip. */
  readonly key?: string;
  readonly toggle?: boolean;
  run(): void;
}

/** An icon button. It does not take the focus on a click, so keys keep going to the object. */
export function iconButton(options: ButtonOptions): HTMLButtonElement {
  const button = make("button", "ed-tool", icon(options.icon));
  button.type = "button";
  button.title = options.key ? `${options.title} (${options.key})` : options.title;
  button.setAttribute("aria-label", options.title);
  if (options.key) button.setAttribute("aria-keyshortcuts", options.key);
  if (options.toggle) button.setAttribute("aria-pressed", "false");
  button.addEventListener("mousedown", (event) => event.preventDefault());
  button.addEventListener("click", () => options.run());
  return button;
}

export function press(button: HTMLElement, on: boolean): void {
  button.setAttribute("aria-pressed", String(on));
}

export interface SliderOptions {
  readonly icon: Icon;
  readonly title: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly value: number;
  text(value: number): string;
  change(value: number): void;
}

export interface Slider {
  readonly element: HTMLElement;
  set(value: number): void;
}

export function slider(options: SliderOptions): Slider {
  const input = make("input", "ed-slider");
  input.type = "range";
  input.min = String(options.min);
  input.max = String(options.max);
  input.step = String(options.step);
  input.setAttribute("aria-label", options.title);
  const set = (value: number) => {
    input.value = String(value);
    input.setAttribute("aria-valuetext", options.text(value));
    input.title = `${options.title}: ${options.text(value)}`;
  };
  set(options.value);
  input.addEventListener("input", () => {
    set(Number(input.value));
    options.change(Number(input.value));
  });
  input.addEventListener("dblclick", () => {
    set(options.value);
    options.change(options.value);
  });
  return { element: make("label", "ed-slider-label", icon(options.icon), input), set };
}

export const separator = (): HTMLElement => make("span", "ed-tool-separator");

/** What a media address says about its place without giving away a path or a signed query. */
export function hostOf(address: string): string {
  if (address.startsWith("data:") || address.startsWith("blob:")) return "the task itself";
  try {
    const { host } = new URL(address, document.baseURI);
    return host === location.host ? "this server" : host;
  } catch {
    return "an address that cannot be read";
  }
}

/** A notice in place of media that could not be loaded, with a way to try again. */
export function loadNotice(title: string, detail: string, retry: () => void): HTMLElement {
  const button = make("button", "ed-button", "Try again");
  button.type = "button";
  button.addEventListener("click", retry);
  const box = make("div", "ed-load-error", make("strong", "", title), make("p", "", detail), button);
  box.setAttribute("role", "alert");
  return box;
}

/** A padlock on a 10 × 12 grid, for captions of locked regions. */
export const LOCK_PATH = "M1 5.5h8v6H1zM2.8 5.5V3.6a2.2 2.2 0 0 1 4.4 0v1.9";
export const LOCK_WIDTH = 14;

/** Paints the padlock with its top left corner at (x, y). */
export function paintLock(ctx: CanvasRenderingContext2D, x: number, y: number, color: string): void {
  ctx.save();
  ctx.translate(x, y);
  ctx.strokeStyle = color;
  ctx.lineWidth = 1.4;
  ctx.setLineDash([]);
  ctx.stroke(new Path2D(LOCK_PATH));
  ctx.restore();
}

let counter = 0;
export const uniqueId = (prefix: string): string => `${prefix}-${++counter}`;
