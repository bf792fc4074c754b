import { Copy } from "lucide-react";
import { Button } from "./Button";
import { toast } from "./toast";

/** A value to take away, with a button that copies it. */
export function Secret({ value, note, label = "Copy" }: { value: string; note?: string; label?: string }) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      toast("Copied", { tone: "ok", duration: 2000 });
    } catch {
      toast("The browser refused to copy. Select the text and copy it by hand.", { tone: "danger" });
    }
  };
  return (
    <>
      <div className="secret">
        <code>{value}</code>
        <Button icon={<Copy size={16} />} onClick={copy}>
          {label}
        </Button>
      </div>
      {note && <p className="field-note">{note}</p>}
    </>
  );
}
