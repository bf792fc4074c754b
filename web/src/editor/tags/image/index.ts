import { mountImage } from "../../views/image/image-view";
import type { TagModule } from "../registry";
import { imageParams } from "./spec";

export const imageTag: TagModule = { tag: "Image", kind: "object", params: imageParams, mount: mountImage };
