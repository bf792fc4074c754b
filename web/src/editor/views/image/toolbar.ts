/** The bar over an image: tools, pages, picture settings, zoom. */
import { iconButton, make, press, type Slider, separator, slider } from "../dom";
import type { Mode } from "./pointer";

export interface ToolbarOptions {
  readonly canDraw: boolean;
  readonly pages: number;
  readonly rotate: boolean;
  readonly brightness: boolean;
  readonly contrast: boolean;
  command(name: string): void;
  filter(brightness: number, contrast: number): void;
}

export class Toolbar {
  readonly element = make("div", "ed-bar");
  private readonly modes = new Map<Mode, HTMLButtonElement>();
  private readonly zoom = make("output", "ed-bar-number");
  private readonly page = make("output", "ed-bar-number");
  private readonly values = { brightness: 100, contrast: 100 };

  constructor(private readonly options: ToolbarOptions) {
    this.element.setAttribute("role", "toolbar");
    this.element.setAttribute("aria-label", "Image tools");
    this.addModes();
    if (options.pages > 1) this.addPager();
    if (options.rotate) this.addRotation();
    this.addSliders();
    this.element.append(make("span", "ed-bar-space"));
    this.addZoom();
  }

  setMode(mode: Mode): void {
    for (const [name, button] of this.modes) press(button, name === mode);
  }

  /** Nothing is said while there is no picture (null). */
  setZoom(scale: number | null): void {
    this.zoom.textContent = scale === null ? "" : `${Math.round(scale * 100)} %`;
  }

  setPage(index: number): void {
    this.page.textContent = `${index + 1} / ${this.options.pages}`;
  }

  private button(
    icon: Parameters<typeof iconButton>[0]["icon"],
    title: string,
    command: string,
    key?: string,
  ) {
    const run = () => this.options.command(command);
    return iconButton(key ? { icon, title, key, run } : { icon, title, run });
  }

  private addModes(): void {
    const add = (mode: Mode, icon: "select" | "box" | "pan", title: string, key: string) => {
      const button = this.button(icon, title, `tool:${mode}`, key);
      this.modes.set(mode, button);
      this.element.append(button);
    };
    add("select", "select", "Select and move", "V");
    if (this.options.canDraw) add("draw", "box", "Draw a box", "R");
    add("pan", "pan", "Pan", "H");
  }

  private addPager(): void {
    this.element.append(
      separator(),
      this.button("previous", "Previous image", "page:previous", "PageUp"),
      this.page,
      this.button("next", "Next image", "page:next", "PageDown"),
    );
  }

  private addRotation(): void {
    this.element.append(
      separator(),
      this.button("left", "Rotate left", "rotate:left"),
      this.button("right", "Rotate right", "rotate:right"),
    );
  }

  private addSliders(): void {
    const add = (name: "brightness" | "contrast", icon: "sun" | "contrast", title: string): Slider => {
      const control = slider({
        icon,
        title,
        min: 20,
        max: 200,
        step: 5,
        value: 100,
        text: (value) => `${value} %`,
        change: (value) => {
          this.values[name] = value;
          this.options.filter(this.values.brightness, this.values.contrast);
        },
      });
      this.element.append(control.element);
      return control;
    };
    if (this.options.brightness || this.options.contrast) this.element.append(separator());
    if (this.options.brightness) add("brightness", "sun", "Brightness");
    if (this.options.contrast) add("contrast", "contrast", "Contrast");
  }

  private addZoom(): void {
    this.element.append(
      this.button("minus", "Zoom out", "zoom:out", "-"),
      this.zoom,
      this.button("plus", "Zoom in", "zoom:in", "+"),
      this.button("fit", "Fit the whole image", "zoom:fit", "0"),
    );
    const original = make("button", "ed-tool ed-tool-text", "1:1");
    original.type = "button";
    original.title = "Original size";
    original.setAttribute("aria-label", "1:1, original size");
    original.addEventListener("mousedown", (event) => event.preventDefault());
    original.addEventListener("click", () => this.options.command("zoom:original"));
    this.element.append(original);
  }
}
