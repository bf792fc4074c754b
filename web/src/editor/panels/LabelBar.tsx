import { attr, boolAttr } from "../config/attrs";
import { type Option, optionKey, optionsOf } from "../config/options";
import type { ConfigNode } from "../config/types";
import { usage, usageLimit } from "../core/labels";
import { useEditor } from "./context";
import { OptionText } from "./OptionText";
import { useStoreVersion } from "./useStore";

/** The labels of one control: shows which are ready, which the selected region has, their keys and their use. */
export function LabelBar({ node }: { node: ConfigNode }) {
  const { store } = useEditor();
  useStoreVersion(store);
  const options = optionsOf(node);
  const worn = new Set([...store.selection].flatMap((id) => store.regions.get(id)?.labels[node.name] ?? []));
  const armed = store.armedLabels.get(node.name) ?? [];
  const stacked = !boolAttr(node, "showInline", true);
  return (
    <fieldset
      className={stacked ? "ed-labels is-stacked" : "ed-labels"}
      aria-label={`Labels of ${node.name}`}
    >
      {options.map((option) => (
        <LabelChip
          key={option.node.key}
          control={node}
          option={option}
          ready={armed.includes(option.stored)}
          worn={worn.has(option.stored)}
        />
      ))}
      {options.length === 0 && <p className="ed-empty">This task offers no labels.</p>}
    </fieldset>
  );
}

interface ChipProps {
  control: ConfigNode;
  option: Option;
  ready: boolean;
  worn: boolean;
}

function LabelChip({ control, option, ready, worn }: ChipProps) {
  const { store, theme, keys, pick, readOnly } = useEditor();
  const color = theme.label(control.name, option.stored);
  const key = keys.get(optionKey(control, option.path));
  const count = usage(store, control.name, option.stored);
  const limit = usageLimit(control, option.stored);
  const alias = boolAttr(option.node, "showAlias") && option.stored !== option.title ? option.stored : null;
  const state = ready ? " is-ready" : worn ? " is-worn" : "";
  return (
    <button
      type="button"
      className={`ed-label${state}`}
      style={
        ready
          ? { backgroundColor: color.solid, color: color.text, borderColor: color.solid }
          : { borderColor: worn ? color.solid : undefined }
      }
      aria-pressed={ready || worn}
      aria-keyshortcuts={key}
      disabled={readOnly}
      title={attr(option.node, "hint")}
      // Keeps what is selected in the text while the button is pressed.
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => pick(control, option.stored)}
    >
      <span className="ed-swatch" style={{ backgroundColor: ready ? color.text : color.solid }} />
      <OptionText option={option} className="ed-label-text" />
      {alias && <span className="ed-alias">{alias}</span>}
      {key && <kbd className="ed-key">{key}</kbd>}
      {(count > 0 || limit !== Number.POSITIVE_INFINITY) && (
        <span
          className="ed-count"
          title={limit === Number.POSITIVE_INFINITY ? "regions" : `of ${limit} allowed`}
        >
          {limit === Number.POSITIVE_INFINITY ? count.toLocaleString("en") : `${count}/${limit}`}
        </span>
      )}
    </button>
  );
}
