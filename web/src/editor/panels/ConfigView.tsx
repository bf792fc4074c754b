import { useLayoutEffect, useRef } from "react";
import { attr, boolAttr, enumAttr, numAttr } from "../config/attrs";
import { isPerRegion } from "../config/options";
import { resolveText, resolveValue } from "../config/resolve";
import type { ConfigNode } from "../config/types";
import { isVisible } from "../config/visibility";
import { tagModule } from "../tags/registry";
import { useEditor } from "./context";
import { ErrorBoundary } from "./ErrorBoundary";
import { LabelBar } from "./LabelBar";
import { ObjectHost } from "./ObjectHost";
import { Question } from "./Question";
import { applyStyle, scopedSheet } from "./safeStyle";
import { useStoreVersion } from "./useStore";

/** Draws one tag of the config and what is inside it. */
export function ConfigView({ node }: { node: ConfigNode }) {
  return (
    <ErrorBoundary what={`${node.tag} ${node.name}`.trim()}>
      <Tag node={node} />
    </ErrorBoundary>
  );
}

function Tag({ node }: { node: ConfigNode }) {
  const module = tagModule(node.tag);
  if (node.tag === "View") return <ViewTag node={node} />;
  if (node.tag === "Header") return <HeaderTag node={node} />;
  if (node.tag === "Style") return <StyleTag node={node} />;
  if (module?.mount) return <Shown node={node} content={<ObjectHost node={node} />} />;
  if (module?.labels) return <Shown node={node} content={<LabelBar node={node} />} />;
  // Per-region questions are asked beside the region that is selected.
  if (module?.Control)
    return isPerRegion(node) ? null : <Shown node={node} content={<Question node={node} />} />;
  if (module?.kind === "control" || module?.kind === "child") return null;
  return (
    <>
      <p className="ed-notice">{`<${node.tag}> is not supported here yet; its results are kept.`}</p>
      <Children node={node} />
    </>
  );
}

function Children({ node }: { node: ConfigNode }) {
  return node.children.map((child, index) => {
    const following = node.children[index + 1];
    const captionOfRegionQuestion = child.tag === "Header" && following && isRegionQuestion(following);
    return captionOfRegionQuestion ? null : <ConfigView key={child.key} node={child} />;
  });
}

export function isRegionQuestion(node: ConfigNode): boolean {
  return isPerRegion(node) && tagModule(node.tag)?.Control !== undefined;
}

/** Keeps the content mounted while it is hidden, so that nothing is loaded or drawn again. */
function Shown({ node, content }: { node: ConfigNode; content: React.ReactNode }) {
  const { store } = useEditor();
  useStoreVersion(store);
  return (
    <div className="ed-node" data-tag={node.tag.toLowerCase()} hidden={!isVisible(node, store)}>
      {content}
    </div>
  );
}

function useLooks<T extends HTMLElement>(node: ConfigNode) {
  const element = useRef<T>(null);
  const style = attr(node, "style");
  useLayoutEffect(() => {
    if (element.current) applyStyle(element.current, style);
  }, [style]);
  return element;
}

function ViewTag({ node }: { node: ConfigNode }) {
  const { store } = useEditor();
  useStoreVersion(store);
  const element = useLooks<HTMLDivElement>(node);
  const inline = enumAttr(node, "display", ["block", "inline"], "block") === "inline";
  const classes = ["ed-view", inline ? "is-inline" : "", attr(node, "className") ?? ""];
  return (
    <div
      ref={element}
      className={classes.join(" ").trim()}
      id={attr(node, "idAttr")}
      hidden={!isVisible(node, store)}
    >
      <Children node={node} />
    </div>
  );
}

function HeaderTag({ node }: { node: ConfigNode }) {
  const { store, data } = useEditor();
  useStoreVersion(store);
  const element = useLooks<HTMLHeadingElement>(node);
  const size = Math.min(Math.max(Math.trunc(numAttr(node, "size", 4)), 1), 6);
  const value = resolveValue(attr(node, "value"), data);
  const text = typeof value === "string" ? value : resolveText(attr(node, "value") ?? "", data);
  const underlined = boolAttr(node, "underline") ? " is-underlined" : "";
  return (
    <h2
      ref={element}
      className={`ed-header size-${size}${underlined} ${attr(node, "className") ?? ""}`.trim()}
      hidden={!isVisible(node, store)}
    >
      {text}
    </h2>
  );
}

function StyleTag({ node }: { node: ConfigNode }) {
  useLayoutEffect(() => {
    const sheet = scopedSheet(node.text, ".ed-content");
    if (!sheet) return;
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    return () => {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
    };
  }, [node.text]);
  return null;
}
