import { useId } from "react";
import { attr, boolAttr, enumAttr } from "../../config/attrs";
import { flatOptions, type Option, optionKey, optionsOf } from "../../config/options";
import { answerOf } from "../../core/answers";
import { parseColor } from "../../core/color";
import { OptionText } from "../../panels/OptionText";
import { useStoreVersion } from "../../panels/useStore";
import { problemId } from "../problemId";
import type { ControlProps } from "../registry";
import { choiceMode, isPicked, pickedPaths, setChoices, toggleChoice } from "./pick";

export function ChoicesControl(props: ControlProps) {
  const { node } = props;
  const layout = enumAttr(node, "layout", ["select", "inline", "vertical"], "vertical");
  if (layout === "select" && choiceMode(node) !== "multiple") return <ChoiceSelect {...props} />;
  const inline = layout === "inline" || (!attr(node, "layout") && boolAttr(node, "showInline"));
  return <ChoiceList {...props} inline={inline} />;
}

function usePicked({ store, node, regionId }: ControlProps) {
  useStoreVersion(store);
  return pickedPaths(answerOf(store, node, regionId));
}

function ChoiceList(props: ControlProps & { inline: boolean }) {
  const { node, problem } = props;
  const picked = usePicked(props);
  const name = useId();
  const single = choiceMode(node) !== "multiple";
  const nested = boolAttr(node, "allowNested");
  const renderLevel = (options: readonly Option[]) => (
    <div className={props.inline ? "ed-choices is-inline" : "ed-choices"}>
      {options.map((option) => (
        <div key={option.node.key} className="ed-choice-row">
          <ChoiceBox
            {...props}
            option={option}
            group={name}
            single={single}
            checked={isPicked(node, picked, option.path)}
          />
          {nested && option.children.length > 0 && (
            <div className="ed-nested">{renderLevel(option.children)}</div>
          )}
        </div>
      ))}
    </div>
  );
  const options = nested ? optionsOf(node) : [...flatOptions(optionsOf(node))];
  return (
    <fieldset className="ed-control" aria-label={node.name} aria-describedby={problem && problemId(node)}>
      {renderLevel(options)}
    </fieldset>
  );
}

interface BoxProps extends ControlProps {
  option: Option;
  group: string;
  single: boolean;
  checked: boolean;
}

function ChoiceBox({ option, group, single, checked, ...props }: BoxProps) {
  const { node, store, regionId, readOnly } = props;
  const key = props.hotkeys.get(optionKey(node, option.path));
  const rgb = parseColor(attr(option.node, "color") ?? "");
  return (
    <label
      className={checked ? "ed-choice is-checked" : "ed-choice"}
      title={attr(option.node, "hint")}
      style={rgb ? { borderInlineStartColor: `rgb(${rgb.join(" ")})`, borderInlineStartWidth: 3 } : undefined}
    >
      <input
        type={single ? "radio" : "checkbox"}
        name={group}
        checked={checked}
        disabled={readOnly}
        // A click on a picked radio takes the answer back, which "change" would not tell.
        onClick={() => toggleChoice(store, node, regionId, option.path)}
        onChange={() => undefined}
      />
      <OptionText option={option} className="ed-choice-text" />
      {key && <kbd className="ed-key">{key}</kbd>}
    </label>
  );
}

function ChoiceSelect(props: ControlProps) {
  const { node, store, regionId, readOnly, problem } = props;
  const picked = usePicked(props)[0];
  const options = [...flatOptions(optionsOf(node))];
  const current = picked ? options.findIndex((option) => isPicked(node, [picked], option.path)) : -1;
  const fixed = choiceMode(node) === "single-radio" && picked !== undefined;
  return (
    <select
      className="ed-select"
      aria-label={node.name}
      aria-invalid={problem ? true : undefined}
      disabled={readOnly}
      value={picked && current === -1 ? "other" : String(current)}
      onChange={(event) => {
        const option = options[Number(event.target.value)];
        setChoices(store, node, regionId, option ? [option.path] : []);
      }}
    >
      {!fixed && <option value="-1">Choose…</option>}
      {picked && current === -1 && <option value="other">{picked.join(" / ")}</option>}
      {options.map((option, index) => (
        <option key={option.node.key} value={index}>
          {"\u2003".repeat(option.path.length - 1) + option.title}
        </option>
      ))}
    </select>
  );
}
