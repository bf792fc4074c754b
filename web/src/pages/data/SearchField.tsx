import { Search } from "lucide-react";
import { type Ref, useEffect, useState } from "react";

const TYPING_MS = 300;

interface SearchProps {
  ref: Ref<HTMLInputElement>;
  value: string;
  onChange: (text: string) => void;
  leave: () => void;
}

/** Full-text search over the tasks' data; it applies once the person stops typing. */
export function SearchField({ ref, value, onChange, leave }: SearchProps) {
  const [text, setText] = useState(value);
  const [seen, setSeen] = useState(value);
  if (value !== seen) {
    setSeen(value);
    if (value !== text.trim()) setText(value);
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what is typed starts the wait
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => onChange(text.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <label className="search">
      <Search size={14} aria-hidden />
      <input
        ref={ref}
        className="input"
        type="search"
        aria-label="Search the tasks"
        placeholder="Search the data"
        title="Search the data  /"
        maxLength={1000}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape" && text !== "") {
            setText("");
            onChange("");
          } else if (event.key === "Escape" || event.key === "Enter") {
            onChange(text.trim());
            leave();
          } else return;
          event.preventDefault();
        }}
      />
    </label>
  );
}
