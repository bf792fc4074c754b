import { describe, expect, it } from "vitest";
import type { Region, ViewContext } from "../../core/types";
import { storeFor } from "../../testing/fixtures";
import { BoxRecords } from "../../views/image/records";
import { Scene } from "../../views/image/scene";

const CONFIG = `<View><Image name="img" value="$image"/>
  <RectangleLabels name="box" toName="img"><Label value="Car" alias="C"/><Label value="Sign"/></RectangleLabels>
  <Rectangle name="rect" toName="img" snap="pixel"/><Labels name="kind" toName="img"><Label value="Red"/></Labels></View>`;
const DIMS = { original_width: 800, original_height: 600, image_rotation: 0 };
const VALUE = { x: 10.123456789012344, y: 20, width: 30, height: 40, rotation: 15 };
const LABELLED = {
  ...DIMS,
  id: "r1",
  from_name: "box",
  to_name: "img",
  type: "rectanglelabels",
  origin: "prediction",
  score: 0.5,
  value: { ...VALUE, rectanglelabels: ["C"] },
  foo: { kept: true },
};
const SPLIT = [
  { ...DIMS, id: "s1", from_name: "rect", to_name: "img", type: "rectangle", value: VALUE, origin: "manual" },
  {
    ...DIMS,
    id: "s1",
    from_name: "kind",
    to_name: "img",
    type: "labels",
    value: { ...VALUE, labels: ["Red"] },
    origin: "manual",
  },
];
const SIZE = { width: 800, height: 600 };

function bench(items: readonly object[]) {
  const store = storeFor(CONFIG, items as never);
  const controls = [...store.config.controls.values()];
  const records = new BoxRecords({ store, controls, readOnly: false } as unknown as ViewContext);
  const scene = new Scene(store, "img", SIZE, null);
  store.subscribe((change) => scene.refresh(change.ids));
  const move = (id: string, dx: number, page: number | null = null) => {
    const box = scene.get(id)?.box;
    if (!box) throw new Error("no such box");
    records.commit(scene, new Map([[id, { ...box, x: box.x + dx }]]), "move box", {
      size: SIZE,
      turn: 0,
      page,
    });
  };
  return { store, scene, move };
}

describe("box results", () => {
  it("are written back as they came while untouched", () => {
    const { store } = bench([LABELLED, ...SPLIT]);
    expect(JSON.stringify(store.serialize())).toBe(JSON.stringify([LABELLED, ...SPLIT]));
  });

  it("a move changes x alone and keeps the other numbers to the last digit", () => {
    const { store, move } = bench([LABELLED]);
    move("r1", 8);
    const [item] = store.serialize();
    expect(item?.value).toEqual({ ...LABELLED.value, x: 11.123456789 });
    expect(item).toMatchObject({ ...DIMS, foo: { kept: true }, origin: "prediction-changed" });
  });

  it("the split form moves both items and stays two items with one id", () => {
    const { store, move } = bench(SPLIT);
    move("s1", 8);
    const items = store.serialize();
    expect(items.map((item) => [item.id, item.type])).toEqual([
      ["s1", "rectangle"],
      ["s1", "labels"],
    ]);
    expect(items[0]?.value?.x).toBe(items[1]?.value?.x);
    expect(items[1]?.value).toMatchObject({ labels: ["Red"] });
  });

  it("snap=pixel puts moved boxes on whole pixels", () => {
    const { store, scene, move } = bench(SPLIT);
    move("s1", 3.3);
    const box = scene.get("s1")?.box;
    expect(box?.x).toBeCloseTo(Math.round(box?.x ?? 0), 6);
    expect(store.canUndo).toBe(true);
  });

  it("boxes without geometry do not block the task", () => {
    const broken = { ...LABELLED, id: "bad", value: { rectanglelabels: ["C"] } };
    const { store, scene } = bench([broken, LABELLED]);
    expect(scene.all().map((item) => item.id)).toEqual(["r1"]);
    expect(store.serialize()).toEqual([broken, LABELLED]);
  });

  it("pages show their own boxes only", () => {
    const second = { ...LABELLED, id: "p2", item_index: 1 };
    const { store } = bench([{ ...LABELLED, item_index: 0 }, second]);
    const scene = new Scene(store, "img", SIZE, 1);
    expect(scene.all().map((item) => item.id)).toEqual(["p2"]);
    expect((store.regions.get("p2") as Region).dims?.item_index).toBe(1);
  });
});
