import "./index";
import { allTags, type ParamSpec } from "./registry";

/** What is known about a tag, as plain data: for autocompletion, reference pages and checks against the server. */
export interface TagSpec {
  readonly tag: string;
  readonly aliases: readonly string[];
  readonly kind: "object" | "control" | "visual" | "child";
  readonly params: ParamSpec;
  readonly children: readonly string[];
  readonly resultType: string | null;
  readonly resultKey: string | null;
}

export function tagSpecs(): TagSpec[] {
  return allTags().map(({ tag, aliases = [], kind, params, children = [], resultType, resultKey }) => ({
    tag,
    aliases,
    kind,
    params,
    children,
    resultType: resultType ?? null,
    resultKey: resultKey ?? null,
  }));
}
