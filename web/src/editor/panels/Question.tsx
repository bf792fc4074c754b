import { boolAttr } from "../config/attrs";
import type { ConfigNode } from "../config/types";
import { problemId } from "../tags/problemId";
import { tagModule } from "../tags/registry";
import { useEditor } from "./context";

/** A control that asks something, about the whole task or about one region, with what is still wrong with it. */
export function Question({ node, regionId = null }: { node: ConfigNode; regionId?: string | null }) {
  const { store, readOnly, theme, keys, announce, problems } = useEditor();
  const Control = tagModule(node.tag)?.Control;
  if (!Control) return null;
  const problem = problems.find(
    (entry) => entry.from === node.name && (regionId === null || entry.regionId === regionId),
  )?.message;
  const locked = regionId !== null && store.regions.get(regionId)?.locked === true;
  return (
    <div className={problem ? "ed-question has-problem" : "ed-question"} data-control={node.name}>
      <Control
        node={node}
        store={store}
        regionId={regionId}
        readOnly={readOnly || locked}
        theme={theme}
        hotkeys={keys}
        problem={problem}
        announce={announce}
      />
      {boolAttr(node, "required") && !problem && <span className="ed-required">Required</span>}
      {problem && (
        <p id={problemId(node)} className="ed-problem">
          {problem}
        </p>
      )}
    </div>
  );
}
