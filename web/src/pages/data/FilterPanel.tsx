import { CornerDownRight, ListFilter, Plus, X } from "lucide-react";
import type { RefObject } from "react";
import type { UserRef } from "@/api/contract";
import { type FilterItem, type Filters, personName, type ViewData } from "@/api/views";
import { Button } from "@/ui/Button";
import { Popover } from "@/ui/Popover";
import { Problems } from "@/ui/States";
import { type Field, tasksName } from "./fields";
import {
  chainOf,
  choiceOf,
  choicesOf,
  conditionOn,
  countConditions,
  DATA_TYPES,
  fieldId,
  kindOf,
  link,
  withChoice,
  withType,
} from "./filters";
import { ValueField } from "./ValueField";

interface FilterProps {
  fields: readonly Field[];
  people: readonly UserRef[];
  /** The own user, for the suggestions. */
  me: number | null;
  view: ViewData;
  onChange: (filters: Filters) => void;
  /** What the server says is wrong with them. */
  problems: readonly string[];
  opener: RefObject<(() => void) | null>;
}

const NONE: Filters = { conjunction: "and", items: [] };

/** The conditions of the view, as rows that read like a sentence. */
export function FilterPanel(props: FilterProps) {
  const filters = props.view.filters ?? NONE;
  const number = countConditions(filters);
  return (
    <Popover
      label="Filters"
      panelClass="filters"
      opener={props.opener}
      buttonClass={`button button-plain${number > 0 ? " button-on" : ""}`}
      title="Filters  F"
      button={
        <>
          <ListFilter size={16} aria-hidden />
          <span className="button-word">Filters</span>
          {number > 0 && <span className="button-count tabular">{number}</span>}
        </>
      }
    >
      {() => <Conditions {...props} filters={filters} />}
    </Popover>
  );
}

function Conditions({ filters, onChange, ...props }: FilterProps & { filters: Filters }) {
  const { items, conjunction } = filters;
  const set = (next: (FilterItem | null)[]) =>
    onChange({ conjunction, items: next.filter((item) => item !== null) });
  const first = props.fields.find((field) => field.isData) ?? props.fields[0];
  const fresh = () => (first ? conditionOn(first, displayOf(first, props.view)) : null);
  const start = (item: FilterItem) => onChange({ conjunction: "and", items: [item] });
  return (
    <div className="filters-box">
      {items.length === 0 && <Suggestions {...props} onPick={start} />}
      {items.map((item, at) => {
        const chain = chainOf(item);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: conditions have no identity but their place
          <div key={at} className="filters-item" role="group" aria-label={`Condition ${at + 1}`}>
            {chain.map((part, step) => (
              <Condition
                // biome-ignore lint/suspicious/noArrayIndexKey: as above
                key={step}
                {...props}
                item={part}
                nested={step > 0}
                lead={
                  step > 0 ? (
                    <span className="filters-word">
                      <CornerDownRight size={14} aria-hidden /> and
                    </span>
                  ) : at === 0 ? (
                    <span className="filters-word">Where</span>
                  ) : at === 1 ? (
                    <select
                      className="input filters-word"
                      aria-label="Conditions that have to hold"
                      value={conjunction}
                      onChange={(event) =>
                        onChange({ conjunction: event.target.value as Filters["conjunction"], items })
                      }
                    >
                      <option value="and">and</option>
                      <option value="or">or</option>
                    </select>
                  ) : (
                    <span className="filters-word">{conjunction}</span>
                  )
                }
                onChange={(next) => set(items.with(at, link(chain.with(step, next)) ?? next))}
                onRemove={() => {
                  const rest = chain.filter((_, place) => place !== step);
                  const linked = link(rest);
                  set(linked ? items.with(at, linked) : items.filter((_, place) => place !== at));
                }}
                onNest={
                  conjunction === "or" && items.length > 1 && step === chain.length - 1 && chain.length < 8
                    ? () => {
                        const more = fresh();
                        if (more) set(items.with(at, link([...chain, more]) ?? item));
                      }
                    : undefined
                }
              />
            ))}
          </div>
        );
      })}
      {props.problems.length > 0 && (
        <Problems title="These filters cannot be applied" messages={props.problems} />
      )}
      <div className="row">
        <Button
          tone="quiet"
          icon={<Plus size={16} />}
          data-autofocus={items.length === 0}
          onClick={() => {
            const more = fresh();
            if (more) set([...items, more]);
          }}
        >
          Add a condition
        </Button>
        {items.length > 0 && (
          <Button tone="quiet" onClick={() => onChange(NONE)}>
            Clear all
          </Button>
        )}
      </div>
    </div>
  );
}

const displayOf = (field: Field, view: ViewData) => view.columnsDisplayType?.[tasksName(field.id)];

interface ConditionProps {
  fields: readonly Field[];
  people: readonly UserRef[];
  view: ViewData;
  item: FilterItem;
  nested: boolean;
  lead: React.ReactNode;
  onChange: (item: FilterItem) => void;
  onRemove: () => void;
  onNest: (() => void) | undefined;
}

function Condition(props: ConditionProps) {
  const { fields, item, onChange } = props;
  const id = fieldId(item);
  const field = fields.find((each) => each.id === id);
  const kind = kindOf(item, field);
  const choice = choiceOf(item, kind);
  const choices = choicesOf(kind);
  const data = fields.filter((each) => each.isData);
  const own = fields.filter((each) => !each.isData);
  return (
    <div className={`filters-row${props.nested ? " filters-nested" : ""}`}>
      {props.lead}
      <select
        className="input filters-field"
        aria-label="Column"
        value={id}
        onChange={(event) => {
          const next = fields.find((each) => each.id === event.target.value);
          if (next) onChange(conditionOn(next, displayOf(next, props.view)));
        }}
      >
        {!field && <option value={id}>{id.replace(/^data\./, "")}</option>}
        {data.length > 0 && (
          <optgroup label="Data">
            {data.map((each) => (
              <option key={each.id} value={each.id}>
                {each.title}
              </option>
            ))}
          </optgroup>
        )}
        <optgroup label="Task">
          {own.map((each) => (
            <option key={each.id} value={each.id}>
              {each.title}
            </option>
          ))}
        </optgroup>
      </select>
      {(field?.isData || id.startsWith("data.")) && (
        <select
          className="input filters-type"
          aria-label="Compared as"
          title="Compared as"
          value={DATA_TYPES.some(([type]) => type === item.type) ? item.type : "String"}
          onChange={(event) => onChange(withType(item, event.target.value))}
        >
          {DATA_TYPES.map(([type, word]) => (
            <option key={type} value={type}>
              as {word}
            </option>
          ))}
        </select>
      )}
      <select
        className="input filters-operator"
        aria-label="Operator"
        value={choice.id}
        onChange={(event) => {
          const next = choices.find((each) => each.id === event.target.value);
          if (next) onChange(withChoice(item, kind, next));
        }}
      >
        {!choices.includes(choice) && <option value={choice.id}>{choice.label}</option>}
        {choices.map((each) => (
          <option key={each.id} value={each.id}>
            {each.label}
          </option>
        ))}
      </select>
      <ValueField
        editor={choice.editor}
        value={item.value}
        people={props.people}
        onChange={(value) => onChange({ ...item, value })}
      />
      {props.onNest && (
        <Button
          tone="quiet"
          icon={<CornerDownRight size={14} />}
          aria-label="Add what has to hold as well"
          title="And also: what has to hold together with this"
          onClick={props.onNest}
        />
      )}
      <Button
        tone="quiet"
        icon={<X size={14} />}
        aria-label="Remove the condition"
        onClick={props.onRemove}
      />
    </div>
  );
}

/** A filter that is empty shows what filters are for. */
function Suggestions(props: {
  fields: readonly Field[];
  people: readonly UserRef[];
  me: number | null;
  onPick: (item: FilterItem) => void;
}) {
  const offer = (id: string, operator: string, type: string, value: unknown): FilterItem => ({
    filter: `filter:tasks:${id}`,
    operator,
    type,
    value,
  });
  const mine = props.people.find((person) => person.id === props.me);
  const list: [string, FilterItem][] = [
    ["Not labeled yet", offer("total_annotations", "equal", "Number", "0")],
    ["With predictions", offer("total_predictions", "greater", "Number", "0")],
    ["Skipped by somebody", offer("cancelled_annotations", "greater", "Number", "0")],
    ["Changed in the last 7 days", offer("updated_at", "greater_or_equal", "Datetime", "now-7d")],
  ];
  if (mine)
    list.push([`Labeled by ${personName(mine, mine.id)}`, offer("annotators", "contains", "List", mine.id)]);
  return (
    <div className="filters-empty">
      <p className="muted">
        A view shows all tasks until it has conditions. They are kept in the view, for everybody in the
        project.
      </p>
      <ul className="filters-offers" aria-label="Suggestions">
        {list.map(([title, item]) => (
          <li key={title}>
            <button type="button" className="button button-plain" onClick={() => props.onPick(item)}>
              {title}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
