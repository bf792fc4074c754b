import { PanelRightClose, PanelRightOpen, Redo2, Undo2 } from "lucide-react";
import { useEditor } from "./context";
import { IconButton, RegionDetails } from "./RegionDetails";
import { RegionsList } from "./RegionsList";
import { useStoreVersion } from "./useStore";

interface SidePanelProps {
  open: boolean;
  /** Whether the config can mark regions at all. */
  regions: boolean;
  onToggle(): void;
}

export function SidePanel({ open, regions, onToggle }: SidePanelProps) {
  const { store } = useEditor();
  useStoreVersion(store);
  const Toggle = open ? PanelRightClose : PanelRightOpen;
  const count = store.order.length;
  return (
    <aside className={open ? "ed-side" : "ed-side is-closed"} aria-label="Regions and history">
      <div className="ed-side-head">
        {open && (
          <span className="ed-side-title">
            Regions
            {count > 0 && <span className="ed-count">{count.toLocaleString("en")}</span>}
          </span>
        )}
        <HistoryButtons />
        {regions && (
          <IconButton label={open ? "Close the panel" : "Open the panel"} onClick={onToggle}>
            <Toggle size={15} aria-hidden="true" />
          </IconButton>
        )}
      </div>
      {open && <RegionsList />}
      {regions && <RegionDetails floating={!open} />}
    </aside>
  );
}

export function HistoryButtons() {
  const { store, readOnly } = useEditor();
  useStoreVersion(store);
  if (readOnly) return null;
  return (
    <>
      <IconButton
        label={`Undo${store.undoLabel ? `: ${store.undoLabel}` : ""} (Ctrl+Z)`}
        disabled={!store.canUndo}
        onClick={() => store.undo()}
      >
        <Undo2 size={15} aria-hidden="true" />
      </IconButton>
      <IconButton
        label={`Redo${store.redoLabel ? `: ${store.redoLabel}` : ""} (Ctrl+Shift+Z)`}
        disabled={!store.canRedo}
        onClick={() => store.redo()}
      >
        <Redo2 size={15} aria-hidden="true" />
      </IconButton>
    </>
  );
}
