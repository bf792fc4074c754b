import type { FilePreview } from "@/api/imports";
import { CheckField, SelectField } from "@/ui/Field";
import { commonFields, type ImportOptions } from "./options";

interface OptionsPanelProps {
  options: ImportOptions;
  onOptions: (options: ImportOptions) => void;
  previews: readonly FilePreview[];
  /** The set-up reads the file itself, or a table is among the files. */
  withTables: boolean;
}

const KNOWN: readonly (readonly [ImportOptions["known"], string])[] = [
  ["off", "Not looked for"],
  ["content", "Same when all data is"],
  ["fields", "Same when some fields are"],
  ["external_id", "Same when external_id is"],
];
const KNOWN_HINTS: Record<ImportOptions["known"], string> = {
  off: "A file that is imported twice makes every task twice.",
  content: "Order of keys and spelling of numbers make no difference.",
  fields: "For example an id column.",
  external_id: "A key beside the data of a task, or among it; else its id.",
};
const MODES: readonly (readonly [ImportOptions["mode"], string])[] = [
  ["skip", "Stay; others are added"],
  ["upsert", "Are updated; others are added"],
  ["update", "Are updated; none is added"],
];

/** What becomes of wrong rows and of known tasks, in plain words. */
export function OptionsPanel({ options, onOptions, previews, withTables }: OptionsPanelProps) {
  const set = (patch: Partial<ImportOptions>) => onOptions({ ...options, ...patch });
  const fields = [...new Set([...commonFields(previews), ...options.fields])];
  const automatic = previews.some((preview) => !preview.files_as_tasks_list)
    ? "one task a file"
    : "one task a row";
  return (
    <fieldset className="choices">
      <legend className="visually-hidden">How to import</legend>
      <SelectField
        label="Wrong rows"
        value={options.onError}
        onChange={(value) => set({ onError: value as ImportOptions["onError"] })}
        options={[
          ["fail", "Stop, import nothing"],
          ["skip", "Leave them out, import the rest"],
        ]}
        hint={
          options.onError === "fail"
            ? "All or nothing; what is wrong is listed."
            : "They come as a file with the reasons, to mend and send again."
        }
      />
      <SelectField
        label="Tasks that are here already"
        value={options.known}
        onChange={(value) => set({ known: value as ImportOptions["known"] })}
        options={KNOWN}
        hint={KNOWN_HINTS[options.known]}
      />
      {options.known !== "off" && (
        <SelectField
          label="Known tasks"
          value={options.mode}
          onChange={(value) => set({ mode: value as ImportOptions["mode"] })}
          options={MODES}
          hint="What people have annotated always stays."
        />
      )}
      {withTables && (
        <SelectField
          label="A table becomes"
          value={options.tables}
          onChange={(value) => set({ tables: value as ImportOptions["tables"] })}
          options={[
            ["auto", `As the set-up reads it: ${automatic}`],
            ["rows", "One task a row"],
            ["files", "One task a file"],
          ]}
          hint="A time series is read from a file of its own."
        />
      )}
      {options.known === "fields" && (
        <fieldset className="choices-fields">
          <legend>Compare by</legend>
          {fields.length === 0 && <p className="muted">The files have no field in common.</p>}
          {fields.map((field) => (
            <CheckField
              key={field}
              label={field}
              checked={options.fields.includes(field)}
              onChange={(checked) =>
                set({
                  fields: checked
                    ? [...options.fields, field]
                    : options.fields.filter((other) => other !== field),
                })
              }
            />
          ))}
        </fieldset>
      )}
    </fieldset>
  );
}
