/** Between boxes in image pixels and the region records of the store. */
import { boolAttr } from "../../config/attrs";
import type { ConfigNode } from "../../config/types";
import type { MediaDims, Op, Region, Shape, ViewContext } from "../../core/types";
import { type Box, snapToPixels, toPercent } from "../../geometry/box";
import type { Size } from "../../geometry/point";
import type { Turn } from "../../geometry/turn";
import { tagModule } from "../../tags/registry";
import type { Scene, SceneItem } from "./scene";

export interface Placement {
  readonly size: Size;
  readonly turn: Turn;
  /** Page of a multi-image task; null when there is only one picture. */
  readonly page: number | null;
}

export class BoxRecords {
  /** Controls that draw boxes on this image. */
  readonly drawing: readonly ConfigNode[];

  constructor(private readonly ctx: ViewContext) {
    this.drawing = ctx.controls.filter((control) => tagModule(control.tag)?.shapes?.includes("box"));
  }

  /** A drag makes a box: a label is ready for one of the drawing controls, or for a Labels beside a Rectangle. */
  armed(): boolean {
    const free = this.drawing.some((control) => !tagModule(control.tag)?.labels);
    return (free ? this.ctx.controls : this.drawing).some(
      (control) => this.armedLabel(control) !== undefined,
    );
  }

  /** Boxes are all there is to do here, and they need no label: drawing can begin at once. */
  drawsWithoutLabel(): boolean {
    const labels = this.ctx.controls.some((control) => tagModule(control.tag)?.labels);
    return this.drawing.length > 0 && !labels && !this.ctx.readOnly;
  }

  /** Colour of the label that the next box will get. */
  nextColor(): string {
    for (const control of this.ctx.controls) {
      const label = this.armedLabel(control);
      if (label !== undefined) return this.ctx.theme.label(control.name, label).solid;
    }
    return "var(--accent)";
  }

  controlOf(region: Region | undefined): ConfigNode | undefined {
    return region && this.ctx.controls.find((control) => control.name === region.from);
  }

  canRotate(region: Region | undefined): boolean {
    const control = this.controlOf(region);
    return control === undefined || boolAttr(control, "canRotate", true);
  }

  /** A drawn box as it will be stored: on whole pixels when the control that makes it asks for that. */
  placed(box: Box): Box {
    const maker = this.drawing.find((control) => this.armedLabel(control) !== undefined) ?? this.drawing[0];
    return snapped(box, maker);
  }

  create(box: Box, at: Placement): Region | null {
    const shape: Shape = { kind: "box", ...toPercent(box, at.size) };
    return this.ctx.newRegion(shape, null, { dims: dims(at) });
  }

  commit(scene: Scene, boxes: ReadonlyMap<string, Box>, label: string, at: Placement): void {
    const ops: Op[] = [];
    for (const [id, box] of boxes) {
      const item = scene.get(id);
      if (item) ops.push({ id, before: item.region, after: this.moved(item, box, at) });
    }
    this.ctx.store.apply(ops, label);
  }

  /** The record with its box moved. Sides that did not change keep their stored numbers to the last digit. */
  private moved(item: SceneItem, box: Box, at: Placement): Region {
    const { region } = item;
    if (region.shape.kind !== "box") return region;
    const final = snapped(box, this.controlOf(region));
    const percent = toPercent(final, at.size);
    const shape = { ...region.shape };
    for (const key of ["x", "y", "width", "height", "rotation"] as const) {
      if (final[key] !== item.box[key]) shape[key] = percent[key];
    }
    return { ...region, shape, dims: { ...dims(at), ...region.dims } };
  }

  private armedLabel(control: ConfigNode): string | undefined {
    return this.ctx.store.armedLabels.get(control.name)?.[0];
  }
}

function dims({ size, turn, page }: Placement): MediaDims {
  const known = { original_width: size.width, original_height: size.height, image_rotation: turn };
  return page === null ? known : { ...known, item_index: page };
}

const snapped = (box: Box, control: ConfigNode | undefined): Box =>
  control?.attrs.snap?.toLowerCase() === "pixel" ? snapToPixels(box) : box;
