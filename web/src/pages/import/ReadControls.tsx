import { type ReactNode, useId } from "react";
import type { FilePreview, ReadOptions } from "@/api/imports";
import { withOption } from "./options";
import { DELIMITERS, ENCODINGS, formatName, QUOTES, TYPES } from "./words";

type Choices = readonly (readonly [value: string, label: string])[];

interface ReadControlsProps {
  preview: FilePreview;
  read: ReadOptions;
  onRead: (read: ReadOptions) => void;
}

const FORMATS: Choices = ["CSV", "TSV", "JSON", "JSONL", "TXT", "HTML", "EXCEL", "PARQUET", "media"].map(
  (format) => [format, formatName(format)],
);

/** What was found out about a file, each as a choice that can be made otherwise. */
export function ReadControls({ preview, read, onRead }: ReadControlsProps) {
  const found = preview.options;
  const format = (preview.format ?? "").toUpperCase();
  const isText = format === "CSV" || format === "TSV" || format === "TXT" || format === "HTML";
  const isTable = format === "CSV" || format === "TSV";
  const hasHeader = isTable || format === "EXCEL";
  const set =
    <K extends keyof ReadOptions>(name: K) =>
    (value: ReadOptions[K] | undefined) =>
      onRead(withOption(read, name, value));
  return (
    <fieldset className="controls">
      <legend className="visually-hidden">How the file is read</legend>
      <Choice
        label="Format"
        found={preview.format ?? ""}
        set={read.format}
        choices={FORMATS}
        // The rest was found out for the other format.
        onSet={(value) => onRead(value === undefined ? withOption(read, "format", value) : { format: value })}
      />
      {preview.sheets.length > 1 && (
        <Choice
          label="Sheet"
          found={found.sheet ?? preview.sheets[0] ?? ""}
          set={read.sheet}
          choices={preview.sheets.map((sheet) => [sheet, sheet])}
          onSet={set("sheet")}
        />
      )}
      {isText && (
        <Choice
          label="Encoding"
          found={found.encoding ?? (preview.error ? "" : "utf-8")}
          set={read.encoding}
          choices={found.encoding || !preview.error ? ENCODINGS : [["", "not known"], ...ENCODINGS]}
          onSet={set("encoding")}
        />
      )}
      {isTable && (
        <>
          <Choice
            label="Columns split by"
            found={found.delimiter ?? ","}
            set={read.delimiter}
            choices={DELIMITERS}
            onSet={set("delimiter")}
          />
          <Choice
            label="Quotes"
            found={found.quote ?? '"'}
            set={read.quote}
            choices={QUOTES}
            onSet={set("quote")}
          />
        </>
      )}
      {hasHeader && (
        <Choice
          label="First row"
          found={String(found.header ?? true)}
          set={read.header === undefined ? undefined : String(read.header)}
          choices={[
            ["true", "names"],
            ["false", "data"],
          ]}
          onSet={(value) => set("header")(value === undefined ? undefined : value === "true")}
        />
      )}
      {hasHeader && (
        <Choice
          label="Numbers"
          found={found.csv_types ?? "lossless"}
          set={read.csv_types}
          choices={TYPES}
          onSet={(value) => set("csv_types")(value as ReadOptions["csv_types"])}
        />
      )}
    </fieldset>
  );
}

interface ChoiceProps {
  label: ReactNode;
  /** What is in force: found out, or set. */
  found: string;
  set: string | undefined;
  choices: Choices;
  onSet: (value: string | undefined) => void;
}

/** A small labelled select; it shows what was found out, or in the accent colour what was set. */
function Choice({ label, found, set, choices, onSet }: ChoiceProps) {
  const id = useId();
  const value = set ?? found;
  const same = (a: string, b: string) => normal(a) === normal(b);
  const known = choices.find(([key]) => same(key, value));
  const all: Choices = known ? choices : [[value, value], ...choices];
  return (
    <div className={`choice${set === undefined ? "" : " choice-set"}`}>
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        className="input"
        value={known?.[0] ?? value}
        onChange={(event) => onSet(event.target.value)}
      >
        {all.map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Names of encodings and formats come in several spellings; other values as they are. */
function normal(value: string): string {
  const name = value.length > 1 ? value.toLowerCase().replaceAll(/[_-]/g, "") : value;
  return name === "utf8sig" || name === "ascii" ? "utf8" : name === "windows1252" ? "cp1252" : name;
}
