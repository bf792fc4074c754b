import { useEffect, useId, useRef, useState, useSyncExternalStore } from "react";
import { Keys } from "@/ui/Keys";
import { commands, keysOf, matchCommands } from "./commands";

/** Every command of the page by name: type, arrows, Enter. */
export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    if (!dialog) return;
    if (open && !dialog.open) dialog.showModal();
    if (!open && dialog.open) dialog.close();
  }, [open]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the click on the backdrop doubles Esc, which the dialog handles
    <dialog
      ref={ref}
      className="dialog palette"
      aria-label="Commands"
      onClose={onClose}
      onClick={(event) => {
        if (event.target === ref.current) ref.current?.close();
      }}
    >
      {open && <PaletteList close={() => ref.current?.close()} />}
    </dialog>
  );
}

function PaletteList({ close }: { close: () => void }) {
  useSyncExternalStore(commands.subscribe, commands.all);
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const list = useId();
  const found = matchCommands(commands.available(), query).filter((item) => item.id !== "app:palette");
  const index = Math.min(active, found.length - 1);
  const activeRow = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: follow the highlighted row
  useEffect(() => {
    activeRow.current?.scrollIntoView({ block: "nearest" });
  }, [index]);

  const choose = (at: number) => {
    const command = found[at];
    close();
    // After the dialog has given focus back, so that the command may move it.
    if (command) setTimeout(() => command.run());
  };
  return (
    <div className="palette-box">
      <input
        className="palette-input"
        // biome-ignore lint/a11y/noAutofocus: a dialog that was asked for takes the focus
        autoFocus
        role="combobox"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={found[index] ? `${list}-${index}` : undefined}
        aria-label="Search commands"
        placeholder="What do you want to do?"
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setActive(0);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") setActive(Math.min(index + 1, found.length - 1));
          else if (event.key === "ArrowUp") setActive(Math.max(index - 1, 0));
          else if (event.key === "Enter") choose(index);
          else return;
          event.preventDefault();
        }}
      />
      <div className="palette-list" id={list} role="listbox" aria-label="Commands">
        {found.map((command, at) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: keys are handled by the field
          // biome-ignore lint/a11y/useFocusableInteractive: as above
          <div
            key={command.id}
            id={`${list}-${at}`}
            ref={at === index ? activeRow : undefined}
            role="option"
            aria-selected={at === index}
            className="palette-row"
            onClick={() => choose(at)}
            onPointerMove={() => setActive(at)}
          >
            <span className="palette-group">{command.group}</span>
            <span className="palette-title">{command.title}</span>
            {keysOf(command)[0] && <Keys binding={keysOf(command)[0] ?? ""} />}
          </div>
        ))}
      </div>
      {found.length === 0 && <p className="palette-none">No command matches “{query}”.</p>}
    </div>
  );
}
