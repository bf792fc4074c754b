import { Plus, X } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { attr, boolAttr, numAttr } from "../../config/attrs";
import { useFlush } from "../../panels/flush";
import { useStoreVersion } from "../../panels/useStore";
import type { ControlProps } from "../registry";
import { addEntry, changeEntry, entriesOf, entryLimit } from "./entries";

export function TextAreaControl(props: ControlProps) {
  const { node, store, regionId, readOnly } = props;
  useStoreVersion(store);
  const entries = entriesOf(store, node, regionId);
  if (entryLimit(node) === 1) return <SingleEntry {...props} entries={entries} />;
  const editable = (boolAttr(node, "editable") || boolAttr(node, "transcription")) && !readOnly;
  return (
    <div className="ed-control ed-textarea">
      {entries.map((entry, index) => (
        // Entries have no identity of their own; the place in the list is all there is.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <EntryRow key={index} {...props} index={index} entry={entry} editable={editable} />
      ))}
      {!readOnly && entries.length < entryLimit(node) && <NewEntry {...props} />}
    </div>
  );
}

interface FieldProps extends ControlProps {
  label: string;
  initial: string;
  placeholder?: string | undefined;
  /** Takes the text over; returns the text that stays in the field. */
  onCommit(text: string): string;
}

/** A text field that gives its text away on Enter, on leaving, and before the result is read. */
function Field({ node, readOnly, problem, label, initial, placeholder, onCommit }: FieldProps) {
  const [text, setText] = useState(initial);
  const latest = useRef({ text, initial, onCommit });
  latest.current = { text, initial, onCommit };
  useEffect(() => setText(initial), [initial]);
  const commit = () => {
    const { text: typed, initial: known, onCommit: take } = latest.current;
    if (typed !== known) setText(take(typed));
  };
  useFlush(commit);
  const rows = Math.max(1, Math.trunc(numAttr(node, "rows", 1)));
  const onKeyDown = (event: KeyboardEvent) => {
    const submits =
      event.key === "Enter" && !event.ctrlKey && !event.altKey && (rows === 1 || event.shiftKey);
    if (!submits || event.nativeEvent.isComposing) return;
    event.preventDefault();
    commit();
  };
  return (
    <textarea
      className="ed-field"
      rows={rows}
      value={text}
      placeholder={placeholder}
      aria-label={label}
      aria-invalid={problem ? true : undefined}
      readOnly={readOnly}
      onChange={(event) => setText(event.target.value)}
      onKeyDown={onKeyDown}
      onBlur={commit}
    />
  );
}

/** With room for one entry the field itself is the entry. */
function SingleEntry(props: ControlProps & { entries: readonly string[] }) {
  const { node, store, regionId, entries } = props;
  const [first = ""] = entries;
  return (
    <div className="ed-control ed-textarea">
      <Field
        {...props}
        key={regionId}
        label={node.name}
        placeholder={attr(node, "placeholder")}
        initial={first}
        onCommit={(text) => {
          if (entries.length > 0) changeEntry(store, node, regionId, 0, text);
          else addEntry(store, node, regionId, text);
          return text;
        }}
      />
    </div>
  );
}

function EntryRow(props: ControlProps & { index: number; entry: string; editable: boolean }) {
  const { node, store, regionId, readOnly, index, entry, editable } = props;
  return (
    <div className="ed-entry">
      {editable ? (
        <Field
          {...props}
          label={`${node.name}, entry ${index + 1}`}
          initial={entry}
          onCommit={(text) => {
            changeEntry(store, node, regionId, index, text);
            return text;
          }}
        />
      ) : (
        <p className="ed-entry-text">{entry}</p>
      )}
      {!readOnly && (
        <button
          type="button"
          className="ed-icon-button"
          aria-label={`Remove entry ${index + 1}`}
          onClick={() => changeEntry(store, node, regionId, index, "")}
        >
          <X size={14} aria-hidden="true" />
        </button>
      )}
    </div>
  );
}

function NewEntry(props: ControlProps) {
  const { node, store, regionId, announce } = props;
  const initial = attr(node, "value") ?? "";
  return (
    <div className="ed-entry">
      <Field
        {...props}
        key={regionId}
        label={node.name}
        placeholder={attr(node, "placeholder") ?? "Type and press Enter"}
        initial={initial.startsWith("$") ? "" : initial}
        onCommit={(text) => {
          const refusal = addEntry(store, node, regionId, text);
          if (refusal) announce(refusal);
          return refusal ? text : "";
        }}
      />
      {boolAttr(node, "showSubmitButton", true) && (
        // The field hands its text over when it loses the focus, which pressing this button brings about.
        <button type="button" className="ed-icon-button" aria-label="Add entry">
          <Plus size={14} aria-hidden="true" />
        </button>
      )}
    </div>
  );
}
