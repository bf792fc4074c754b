import { useEffect, useRef } from "react";
import { attr } from "../config/attrs";
import { controlsOf } from "../config/parse";
import { resolveValue } from "../config/resolve";
import type { ConfigNode } from "../config/types";
import { createRegion } from "../core/labels";
import type { ObjectView, ViewContext } from "../core/types";
import { tagModule } from "../tags/registry";
import { notice } from "../views/notice";
import { useEditor } from "./context";

/** Mounts the view of an object tag and keeps it up to date; the view itself knows nothing of React. */
export function ObjectHost({ node }: { node: ConfigNode }) {
  const editor = useEditor();
  const { store, data, theme, readOnly } = editor;
  const host = useRef<HTMLDivElement>(null);
  const latest = useRef(editor);
  latest.current = editor;

  useEffect(() => {
    const element = host.current;
    const mount = tagModule(node.tag)?.mount;
    if (!element || !mount) return;
    const ctx: ViewContext = {
      node,
      value: resolveValue(attr(node, "value"), data),
      data,
      store,
      controls: controlsOf(store.config, node.name),
      readOnly,
      get theme() {
        return latest.current.theme;
      },
      announce: (text) => latest.current.announce(text),
      resolveUrl: (url) => latest.current.resolveUrl(url),
      newRegion: (shape, from, extra) =>
        createRegion(store, { object: node, shape, from, dims: extra?.dims }, latest.current.announce),
    };
    const view = mountSafely(element, ctx, mount);
    const { views } = latest.current;
    views.set(node.name, view);
    latest.current.viewMounted();
    const stop = store.subscribe((change) => view.update(change));
    return () => {
      stop();
      views.delete(node.name);
      view.destroy();
      element.replaceChildren();
    };
  }, [node, store, data, readOnly]);

  useThemeUpdate(node.name, theme);
  return <div ref={host} className="ed-object" data-tag={node.tag.toLowerCase()} />;
}

/** Tells the view when the colours change, but not for the ones that it was mounted with. */
function useThemeUpdate(name: string, theme: unknown): void {
  const { views } = useEditor();
  const known = useRef(theme);
  useEffect(() => {
    if (known.current === theme) return;
    known.current = theme;
    views.get(name)?.update({ ids: new Set(), selection: false, answers: false, armed: false, theme: true });
  }, [name, theme, views]);
}

function mountSafely(
  element: HTMLElement,
  ctx: ViewContext,
  mount: (host: HTMLElement, ctx: ViewContext) => ObjectView,
): ObjectView {
  try {
    return mount(element, ctx);
  } catch (error) {
    const reason = error instanceof Error ? error.message : "unknown reason";
    notice(element, `${ctx.node.tag} "${ctx.node.name}" cannot be shown (${reason}).`);
    return { update: () => undefined, reveal: () => undefined, destroy: () => undefined };
  }
}
