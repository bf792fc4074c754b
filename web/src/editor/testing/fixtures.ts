import "../tags";
import { parseConfig } from "../config/parse";
import { resolveConfig, type TaskData } from "../config/resolve";
import { createAnnotationStore } from "../core/store";
import type { AnnotationStore, Region, ResultItem, Shape } from "../core/types";

export const EVERYTHING = `
<View>
  <Header value="$title"/>
  <Text name="text" value="$text"/>
  <Labels name="ner" toName="text"><Label value="Person" alias="PER"/><Label value="Place"/></Labels>
  <Image name="img" value="$image"/>
  <Rectangle name="rect" toName="img"/>
  <Labels name="kind" toName="img"><Label value="Car"/><Label value="Sign"/></Labels>
  <RectangleLabels name="box" toName="img"><Label value="Car"/><Label value="Sign"/></RectangleLabels>
  <Audio name="audio" value="$audio"/>
  <Labels name="speech" toName="audio"><Label value="Voice"/></Labels>
  <Choices name="mood" toName="text"><Choice value="Good" alias="g"/><Choice value="Bad"/></Choices>
  <Choices name="topic" toName="text" allowNested="true" choice="multiple">
    <Choice value="P"><Choice value="Q"/></Choice><Choice value="R"/>
  </Choices>
  <TextArea name="summary" toName="text"/>
  <Rating name="stars" toName="text"/>
  <TextArea name="plate" toName="img" perRegion="true"/>
  <Choices name="colour" toName="img" perRegion="true"><Choice value="red"/><Choice value="blue"/></Choices>
  <Rating name="sure" toName="text" perRegion="true"/>
</View>`;

export function storeFor(
  xml: string,
  result: readonly ResultItem[] = [],
  data: TaskData = {},
  source: "annotation" | "prediction" = "annotation",
): AnnotationStore {
  return createAnnotationStore(resolveConfig(parseConfig(xml), data), result, source);
}

export function region(id: string, shape: Shape, over: Partial<Region> = {}): Region {
  return {
    id,
    to: "text",
    from: "ner",
    shape,
    labels: { ner: ["PER"] },
    answers: {},
    origin: "manual",
    raw: [],
    touched: true,
    ...over,
  };
}

export function span(start: number, end: number, text = "x"): Shape {
  return { kind: "span", start, end, text };
}

const DIMS = { original_width: 640, original_height: 480, image_rotation: 0 };
const BOX = { x: 10, y: 20, width: 30, height: 40, rotation: 15 };

/** One valid item list per row of the format's table. */
export const ROWS: Record<string, ResultItem[]> = {
  "labels on text": [
    {
      value: { start: 3, end: 8, text: "Maria", labels: ["PER"] },
      id: "a1",
      from_name: "ner",
      to_name: "text",
      type: "labels",
      origin: "manual",
    },
  ],
  "labels on audio": [
    {
      original_length: 12.5,
      value: { start: 0.5, end: 2.25, channel: 0, labels: ["Voice"] },
      id: "s1",
      from_name: "speech",
      to_name: "audio",
      type: "labels",
      origin: "manual",
    },
  ],
  "box labels": [
    {
      ...DIMS,
      value: { ...BOX, rectanglelabels: ["Car"] },
      id: "b1",
      from_name: "box",
      to_name: "img",
      type: "rectanglelabels",
      origin: "manual",
    },
  ],
  "split form": [
    { ...DIMS, value: BOX, id: "r1", from_name: "rect", to_name: "img", type: "rectangle", origin: "manual" },
    {
      ...DIMS,
      value: { ...BOX, labels: ["Sign"] },
      id: "r1",
      from_name: "kind",
      to_name: "img",
      type: "labels",
      origin: "manual",
    },
  ],
  "per-region answers": [
    {
      ...DIMS,
      value: { ...BOX, rectanglelabels: ["Car"] },
      id: "b2",
      from_name: "box",
      to_name: "img",
      type: "rectanglelabels",
      origin: "manual",
      parentID: "b9",
    },
    {
      ...DIMS,
      value: { ...BOX, text: ["AB 12"] },
      id: "b2",
      from_name: "plate",
      to_name: "img",
      type: "textarea",
      origin: "manual",
      parentID: "b9",
    },
    {
      ...DIMS,
      value: { ...BOX, choices: ["red"] },
      id: "b2",
      from_name: "colour",
      to_name: "img",
      type: "choices",
      origin: "manual",
      parentID: "b9",
    },
  ],
  choices: [
    {
      value: { choices: ["g"] },
      id: "c1",
      from_name: "mood",
      to_name: "text",
      type: "choices",
      origin: "manual",
    },
  ],
  "nested choices": [
    {
      value: { choices: [["P", "Q"], ["R"]] },
      id: "c2",
      from_name: "topic",
      to_name: "text",
      type: "choices",
      origin: "manual",
    },
  ],
  textarea: [
    {
      value: { text: ["one", "two"] },
      id: "t1",
      from_name: "summary",
      to_name: "text",
      type: "textarea",
      origin: "manual",
    },
  ],
  rating: [
    { value: { rating: 4 }, id: "g1", from_name: "stars", to_name: "text", type: "rating", origin: "manual" },
  ],
};
