import { Plus, X } from "lucide-react";
import { Button } from "@/ui/Button";
import { plural } from "@/ui/format";
import {
  becomes,
  type Case,
  conditionOf,
  DROP,
  EMPTY_CASE,
  type Fate,
  KEEP,
  type LostControl,
  type LostLabel,
  type Split,
} from "./losses";

type Options = readonly (readonly [Fate, string])[];

interface ControlFateProps {
  lost: LostControl;
  fate: Fate;
  onFate: (fate: Fate) => void;
}

/** What becomes of a control. */
export function ControlFate({ lost, fate, onFate }: ControlFateProps) {
  return (
    <div className="fate">
      <Named name={`Control ${lost.name}`} uses={plural(lost.uses, "item")} />
      <FateSelect
        name={`What becomes of Control ${lost.name}`}
        fate={fate}
        onFate={onFate}
        options={[
          ...lost.targets.map((name) => [becomes(name), `becomes ${name}`] as const),
          [DROP, "goes, with its answers"],
        ]}
      />
    </div>
  );
}

interface LabelFateProps {
  lost: LostLabel;
  /** Labels that a split can ask for, by control. */
  conditions: readonly (readonly [string, readonly string[]])[];
  fate: Fate | Split;
  onFate: (fate: Fate | Split) => void;
}

const SPLIT = "split";

/** What becomes of a label: one thing, or several by what else was said. */
export function LabelFate({ lost, conditions, fate, onFate }: LabelFateProps) {
  const name = `${lost.label} of ${lost.control}`;
  const drafts = lost.drafts ? `, ${plural(lost.drafts, "draft")}` : "";
  const options: Options = [
    ...lost.targets.map((target) => [becomes(target), `becomes ${target}`] as const),
    [DROP, "goes, with its regions and answers"],
    [KEEP, "stays in the annotations as it is"],
  ];
  const split = typeof fate === "object" ? fate : null;
  return (
    <div className="fate">
      <Named name={name} uses={plural(lost.annotations, "annotation") + drafts} />
      <FateSelect
        name={`What becomes of ${name}`}
        fate={split ? SPLIT : (fate as Fate)}
        onFate={(next) => onFate(next === SPLIT ? { cases: [EMPTY_CASE], otherwise: "" } : (next as Fate))}
        options={conditions.length ? [...options, [SPLIT, "is split by what else was said"]] : options}
      />
      {split && (
        <SplitRows name={name} split={split} conditions={conditions} options={options} onSplit={onFate} />
      )}
    </div>
  );
}

interface SplitRowsProps {
  name: string;
  split: Split;
  conditions: LabelFateProps["conditions"];
  options: Options;
  onSplit: (split: Split) => void;
}

function SplitRows({ name, split, conditions, options, onSplit }: SplitRowsProps) {
  const { cases } = split;
  const change = (at: number, patch: Partial<Case>) =>
    onSplit({ ...split, cases: cases.map((each, place) => (place === at ? { ...each, ...patch } : each)) });
  return (
    <fieldset className="split">
      <legend className="muted small">
        The first that holds counts, for the same region or else the same answer.
      </legend>
      {cases.map((each, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: cases are told apart by their place alone
        <div className="split-case" key={place}>
          <select
            className="input"
            aria-label={`Case ${place + 1} of ${name}`}
            value={each.where}
            onChange={(event) => change(place, { where: event.target.value })}
          >
            <option value="">With…</option>
            {conditions.map(([control, labels]) => (
              <optgroup key={control} label={control}>
                {labels.map((label) => (
                  <option key={label} value={conditionOf(control, label)}>
                    {`with ${label} of ${control}`}
                  </option>
                ))}
              </optgroup>
            ))}
          </select>
          <FateSelect
            name={`What becomes of ${name} in case ${place + 1}`}
            fate={each.fate}
            onFate={(fate) => change(place, { fate: fate as Fate })}
            options={options.filter(([value]) => value !== KEEP)}
          />
          <Button
            tone="quiet"
            icon={<X size={16} />}
            aria-label={`Remove case ${place + 1} of ${name}`}
            title="Remove this case"
            disabled={cases.length === 1}
            onClick={() => onSplit({ ...split, cases: cases.filter((_, at) => at !== place) })}
          />
        </div>
      ))}
      <div className="split-case">
        <span>Otherwise it</span>
        <FateSelect
          name={`What becomes of ${name} otherwise`}
          fate={split.otherwise}
          onFate={(fate) => onSplit({ ...split, otherwise: fate as Fate })}
          options={options}
        />
        <Button
          tone="quiet"
          icon={<Plus size={16} />}
          aria-label={`Add a case to ${name}`}
          title="Add a case"
          onClick={() => onSplit({ ...split, cases: [...cases, EMPTY_CASE] })}
        />
      </div>
    </fieldset>
  );
}

function Named({ name, uses }: { name: string; uses: string }) {
  return (
    <span className="fate-name">
      <b className="clip">{name}</b>
      <span className="muted small">{uses}</span>
    </span>
  );
}

interface FateSelectProps<Value extends string> {
  name: string;
  fate: Value;
  onFate: (fate: Value) => void;
  options: readonly (readonly [Value, string])[];
}

function FateSelect<Value extends string>({ name, fate, onFate, options }: FateSelectProps<Value>) {
  return (
    <select
      className="input"
      aria-label={name}
      value={fate}
      onChange={(event) => onFate(event.target.value as Value)}
    >
      <option value="">Choose…</option>
      {options.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  );
}
