import { useState } from "react";
import { Button } from "@/ui/Button";
import { AreaField } from "@/ui/Field";
import { plural } from "@/ui/format";
import { pastedFile, readAddresses } from "./files";

interface PasteProps {
  dataKeys: readonly string[];
  onFile: (file: File) => void;
  onCancel: () => void;
}

/** Text that becomes a file: JSON, or one task a line. */
export function Paste({ dataKeys, onFile, onCancel }: PasteProps) {
  const [text, setText] = useState("");
  const pasted = pastedFile(text);
  const example = `[{${dataKeys.map((key) => `"${key}": "…"`).join(", ") || '"text": "…"'}}]`;
  return (
    <form
      className="typed"
      onSubmit={(event) => {
        event.preventDefault();
        if (pasted) onFile(pasted.file);
      }}
    >
      <AreaField
        label="Text or JSON"
        rows={6}
        autoFocus
        value={text}
        hint={
          <>
            One task a line, or JSON such as <code>{example}</code>
          </>
        }
        onChange={(event) => setText(event.target.value)}
      />
      <div className="row">
        <Button type="submit" tone="primary" disabled={!pasted}>
          {pasted ? `Add ${plural(pasted.count, "task")}` : "Add"}
        </Button>
        <Button tone="quiet" onClick={onCancel}>
          Cancel
        </Button>
        {pasted && (
          <span className="muted">{pasted.kind === "json" ? "Read as JSON" : "Read as one task a line"}</span>
        )}
      </div>
    </form>
  );
}

interface AddressesProps {
  onAddresses: (addresses: readonly string[]) => void;
  onCancel: () => void;
}

/** Web addresses of files; the server fetches them. */
export function Addresses({ onAddresses, onCancel }: AddressesProps) {
  const [text, setText] = useState("");
  const { good, bad } = readAddresses(text);
  return (
    <form
      className="typed"
      onSubmit={(event) => {
        event.preventDefault();
        if (good.length > 0 && bad.length === 0) onAddresses(good);
      }}
    >
      <AreaField
        label="Web addresses of files"
        rows={3}
        autoFocus
        value={text}
        spellCheck={false}
        placeholder="https://example.org/reviews.csv"
        error={
          bad.length > 0
            ? `${bad.slice(0, 3).join(", ")}: write the whole address, with http:// or https://.`
            : undefined
        }
        hint="One a line. The server fetches them, so it must be able to reach them without signing in."
        onChange={(event) => setText(event.target.value)}
      />
      <div className="row">
        <Button type="submit" tone="primary" disabled={good.length === 0 || bad.length > 0}>
          {good.length > 0 ? `Add ${plural(good.length, "address", "addresses")}` : "Add"}
        </Button>
        <Button tone="quiet" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
