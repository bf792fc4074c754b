import { ago } from "@/ui/format";
import type { Choice, Made } from "./choice";
import { guessName, ownerName } from "./seat";

interface ChoiceSelectProps<Other extends string> extends Required<Made> {
  /** What can be chosen besides them: value and words. */
  other: readonly [Other, string];
  value: Choice<Other>;
  onChange: (choice: Choice<Other>) => void;
}

/** Annotations by who made them when, predictions by model version and score. */
export function ChoiceSelect<Other extends string>(props: ChoiceSelectProps<Other>) {
  const { annotations, predictions, other, value, onChange } = props;
  return (
    <select
      className="input"
      aria-label="Annotation or prediction"
      value={value}
      onChange={(event) => onChange(event.target.value as Choice<Other>)}
    >
      <option value={other[0]}>{other[1]}</option>
      {annotations.length > 0 && (
        <optgroup label="Annotations">
          {annotations.map((item) => (
            <option key={item.id} value={`annotation:${item.id}`}>
              {`#${item.id} ${ownerName(item.completed_by)}, ${ago(item.updated_at)}${item.was_cancelled ? ", skipped" : ""}`}
            </option>
          ))}
        </optgroup>
      )}
      {predictions.length > 0 && (
        <optgroup label="Predictions">
          {predictions.map((item) => (
            <option key={item.id} value={`prediction:${item.id}`}>
              {guessName(item)}
            </option>
          ))}
        </optgroup>
      )}
    </select>
  );
}
