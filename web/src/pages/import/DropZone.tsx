import { ClipboardPaste, FilePlus2, FileUp, FolderUp, Globe } from "lucide-react";
import { type DragEvent, useEffect, useRef, useState } from "react";
import { useCommands } from "@/app/useCommands";
import { Button } from "@/ui/Button";
import { chosenFiles, droppedFiles, type FoundFile } from "./files";

export type Panel = "paste" | "addresses" | null;

interface DropZoneProps {
  /** One line high, once there are files. */
  compact: boolean;
  onFiles: (files: readonly FoundFile[]) => void;
  panel: Panel;
  onPanel: (panel: Panel) => void;
}

/** Where data comes in: dropped anywhere on the page, chosen, pasted, or from addresses. */
export function DropZone({ compact, onFiles, panel, onPanel }: DropZoneProps) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const over = useDropAnywhere(onFiles);
  const toggle = (which: Panel) => onPanel(panel === which ? null : which);
  useCommands([
    {
      id: "import:files",
      title: "Choose files",
      group: "Import",
      keys: "o",
      run: () => files.current?.click(),
    },
    {
      id: "import:folder",
      title: "Choose a folder",
      group: "Import",
      keys: "Shift+O",
      run: () => folder.current?.click(),
    },
    {
      id: "import:paste",
      title: "Paste text or JSON",
      group: "Import",
      keys: "p",
      run: () => onPanel("paste"),
    },
    {
      id: "import:addresses",
      title: "Import from web addresses",
      group: "Import",
      keys: "u",
      run: () => onPanel("addresses"),
    },
  ]);
  const take = (input: HTMLInputElement) => {
    onFiles(chosenFiles(input.files));
    input.value = "";
  };
  return (
    <div className={`bring${compact ? " bring-compact" : ""}`}>
      <button
        type="button"
        className={`drop${over ? " drop-over" : ""}`}
        onClick={() => files.current?.click()}
      >
        {compact ? <FilePlus2 size={16} aria-hidden /> : <FileUp size={24} aria-hidden />}
        <span className="drop-title">
          {compact ? "Drop more files here, or choose them" : "Drop files or folders here, or choose them"}
        </span>
        {!compact && (
          <span className="muted">
            CSV, TSV, JSON, JSON Lines, Excel, Parquet, text, HTML, images, audio, video; zip, gz and zst of
            them
          </span>
        )}
      </button>
      <div className="bring-ways">
        <Button tone="quiet" icon={<FolderUp size={16} />} onClick={() => folder.current?.click()}>
          {compact ? "Folder" : "Choose a folder"}
        </Button>
        <Button
          tone="quiet"
          icon={<ClipboardPaste size={16} />}
          aria-pressed={panel === "paste"}
          onClick={() => toggle("paste")}
        >
          {compact ? "Paste" : "Paste text or JSON instead"}
        </Button>
        <Button
          tone="quiet"
          icon={<Globe size={16} />}
          aria-pressed={panel === "addresses"}
          onClick={() => toggle("addresses")}
        >
          {compact ? "Web addresses" : "From web addresses"}
        </Button>
      </div>
      <input
        ref={files}
        type="file"
        multiple
        className="visually-hidden"
        aria-label="Files to import"
        tabIndex={-1}
        onChange={(event) => take(event.currentTarget)}
      />
      <input
        ref={(node) => {
          folder.current = node;
          // React knows no such attribute.
          node?.setAttribute("webkitdirectory", "");
        }}
        type="file"
        className="visually-hidden"
        aria-label="Folder to import"
        tabIndex={-1}
        onChange={(event) => take(event.currentTarget)}
      />
    </div>
  );
}

/** Files may be let go anywhere on the page; a near miss would make the browser leave it. True while some hover. */
function useDropAnywhere(onFiles: (files: readonly FoundFile[]) => void): boolean {
  const [over, setOver] = useState(false);
  const latest = useRef(onFiles);
  latest.current = onFiles;
  useEffect(() => {
    // Each element that is entered and left tells of it.
    let depth = 0;
    const has = (event: globalThis.DragEvent | DragEvent) =>
      event.dataTransfer?.types.includes("Files") ?? false;
    const enter = (event: globalThis.DragEvent) => {
      if (!has(event)) return;
      event.preventDefault();
      depth += 1;
      setOver(true);
    };
    const hover = (event: globalThis.DragEvent) => {
      if (has(event)) event.preventDefault();
    };
    const leave = (event: globalThis.DragEvent) => {
      if (!has(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const drop = async (event: globalThis.DragEvent) => {
      if (!has(event) || !event.dataTransfer) return;
      event.preventDefault();
      depth = 0;
      setOver(false);
      latest.current(await droppedFiles(event.dataTransfer));
    };
    const listeners = { dragenter: enter, dragover: hover, dragleave: leave, drop } as const;
    for (const [kind, listen] of Object.entries(listeners)) addEventListener(kind, listen as EventListener);
    return () => {
      for (const [kind, listen] of Object.entries(listeners))
        removeEventListener(kind, listen as EventListener);
    };
  }, []);
  return over;
}
