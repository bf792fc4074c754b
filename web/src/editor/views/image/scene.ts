/** The boxes of one image (one page of it), in image pixels, ready to be painted and hit. */
import type { AnnotationStore, Region } from "../../core/types";
import { type Box, boxBounds, contains, toPixels } from "../../geometry/box";
import { type Bounds, boundsOverlap, type Point, type Size } from "../../geometry/point";

export interface SceneItem {
  readonly id: string;
  readonly region: Region;
  /** Image pixels of the unrotated original. */
  readonly box: Box;
  readonly bounds: Bounds;
  readonly area: number;
}

export class Scene {
  private items = new Map<string, SceneItem>();
  private ordered: SceneItem[] | null = null;

  constructor(
    private readonly store: AnnotationStore,
    private readonly objectName: string,
    private size: Size,
    private page: number | null = null,
  ) {
    this.reset(size, page);
  }

  /** Reads all regions again, for another image size or page. `page` null = the object has one page. */
  reset(size: Size, page: number | null): void {
    this.size = size;
    this.page = page;
    this.items.clear();
    this.refresh(this.store.regions.keys());
  }

  /** Reads again the regions that changed. True when one of them is or was drawn here. */
  refresh(ids: Iterable<string>): boolean {
    let changed = false;
    for (const id of ids) {
      const region = this.store.regions.get(id);
      if (region && this.shows(region)) {
        if (this.items.get(id)?.region === region) continue;
        this.items.set(id, this.itemOf(region));
        changed = true;
      } else if (this.items.delete(id)) {
        changed = true;
      }
    }
    if (changed) this.ordered = null;
    return changed;
  }

  /** Natural size of the image, pixels. */
  get imageSize(): Size {
    return this.size;
  }

  get(id: string): SceneItem | undefined {
    return this.items.get(id);
  }

  /** Bottom to top, in the order of the store. */
  all(): readonly SceneItem[] {
    if (!this.ordered) {
      this.ordered = [];
      for (const id of this.store.order) {
        const item = this.items.get(id);
        if (item) this.ordered.push(item);
      }
    }
    return this.ordered;
  }

  inside(bounds: Bounds): SceneItem[] {
    return this.all().filter((item) => boundsOverlap(item.bounds, bounds));
  }

  /**
   * The region under a point: the smallest one, so that a box inside a larger box can be reached whatever their
   * order; the upper one of two equal boxes. `below` asks for the next larger one (repeated click).
   */
  pick(point: Point, pad: number, below?: string): SceneItem | null {
    const hits = this.all()
      .filter(
        (item) => !item.region.hidden && near(item.bounds, point, pad) && contains(item.box, point, pad),
      )
      .reverse()
      .sort((a, b) => a.area - b.area);
    if (below === undefined) return hits[0] ?? null;
    const at = hits.findIndex((item) => item.id === below);
    return hits[(at + 1) % Math.max(1, hits.length)] ?? null;
  }

  private shows(region: Region): boolean {
    if (region.to !== this.objectName || region.shape.kind !== "box") return false;
    return this.page === null || (region.dims?.item_index ?? 0) === this.page;
  }

  private itemOf(region: Region): SceneItem {
    const shape = region.shape as Extract<Region["shape"], { kind: "box" }>;
    const box = toPixels(shape, this.size);
    return { id: region.id, region, box, bounds: boxBounds(box), area: box.width * box.height };
  }
}

const near = (b: Bounds, p: Point, pad: number): boolean =>
  p.x >= b.minX - pad && p.x <= b.maxX + pad && p.y >= b.minY - pad && p.y <= b.maxY + pad;
