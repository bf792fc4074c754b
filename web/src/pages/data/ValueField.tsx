import { useEffect, useRef, useState } from "react";
import type { UserRef } from "@/api/contract";
import { personName } from "@/api/views";
import {
  AGO_UNITS,
  agoParts,
  agoValue,
  listText,
  listValue,
  localTime,
  utcTime,
  type ValueEditor,
} from "./filters";

interface ValueProps {
  editor: ValueEditor;
  value: unknown;
  people: readonly UserRef[];
  onChange: (value: unknown) => void;
}

/** What a condition compares with, in the shape that its operator wants. */
export function ValueField({ editor, value, people, onChange }: ValueProps) {
  switch (editor) {
    case "none":
      return null;
    case "yesno":
      return (
        <select
          className="input filters-value"
          aria-label="Value"
          value={value === false || value === "false" ? "false" : "true"}
          onChange={(event) => onChange(event.target.value === "true")}
        >
          <option value="true">yes</option>
          <option value="false">no</option>
        </select>
      );
    case "person": {
      const id = Number(Array.isArray(value) ? value[0] : value) || 0;
      const known = people.some((person) => person.id === id);
      return (
        <select
          className="input filters-value"
          aria-label="Person"
          value={id || ""}
          onChange={(event) => onChange(Number(event.target.value) || "")}
        >
          <option value="">Choose …</option>
          {id > 0 && !known && <option value={id}>User {id}</option>}
          {people.map((person) => (
            <option key={person.id} value={person.id}>
              {personName(person, person.id)}
            </option>
          ))}
        </select>
      );
    }
    case "ago": {
      const { number, unit } = agoParts(value);
      return (
        <span className="filters-value filters-pair">
          <Typed
            label="Number"
            type="number"
            value={number}
            onChange={(text) => onChange(agoValue(text, unit))}
          />
          <select
            className="input"
            aria-label="Unit"
            value={unit}
            onChange={(event) => onChange(agoValue(number || "1", event.target.value))}
          >
            {AGO_UNITS.map(([key, word]) => (
              <option key={key} value={key}>
                {word}
              </option>
            ))}
          </select>
        </span>
      );
    }
    case "numbers":
    case "moments": {
      const range = (value ?? {}) as { min?: unknown; max?: unknown };
      const moment = editor === "moments";
      const shown = (end: unknown) => (moment ? localTime(end) : listText(end));
      const sent = (text: string) => (text === "" ? null : moment ? utcTime(text) : text);
      const type = moment ? "datetime-local" : "number";
      return (
        <span className="filters-value filters-pair">
          <Typed
            label="From"
            type={type}
            value={shown(range.min)}
            onChange={(text) => onChange({ min: sent(text), max: range.max ?? null })}
          />
          <span className="muted">to</span>
          <Typed
            label="To"
            type={type}
            value={shown(range.max)}
            onChange={(text) => onChange({ min: range.min ?? null, max: sent(text) })}
          />
        </span>
      );
    }
    case "moment":
      return (
        <span className="filters-value">
          <Typed
            label="Value"
            type="datetime-local"
            value={localTime(value)}
            onChange={(text) => onChange(utcTime(text))}
          />
        </span>
      );
    case "list":
      return (
        <span className="filters-value">
          <Typed
            label="Values, with commas between them"
            placeholder="one, two, three"
            value={listText(value)}
            onChange={(text) => onChange(listValue(text))}
          />
        </span>
      );
    default:
      return (
        <span className="filters-value">
          <Typed
            label="Value"
            type={editor === "number" ? "number" : "text"}
            value={listText(value)}
            onChange={onChange}
          />
        </span>
      );
  }
}

interface TypedProps {
  label: string;
  type?: string;
  placeholder?: string;
  value: string;
  onChange: (text: string) => void;
}

const TYPING_MS = 350;

/** A field whose value counts once the person stops typing, and at the latest when they leave it. */
function Typed({ label, type = "text", placeholder, value, onChange }: TypedProps) {
  const [text, setText] = useState(value);
  const [seen, setSeen] = useState(value);
  const sent = useRef(value);
  if (value !== seen) {
    setSeen(value);
    // What comes back of the own typing may be spelled otherwise ("a," as "a"); it must not change under the hands.
    if (sent.current !== text) {
      sent.current = value;
      setText(value);
    }
  }
  const send = (next: string) => {
    if (next === sent.current) return;
    sent.current = next;
    onChange(next);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what is typed starts the wait
  useEffect(() => {
    if (text === sent.current) return;
    const timer = setTimeout(() => send(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <input
      className="input"
      aria-label={label}
      type={type}
      step="any"
      placeholder={placeholder}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={() => send(text)}
      onKeyDown={(event) => event.key === "Enter" && send(text)}
    />
  );
}
