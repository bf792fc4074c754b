import { useVirtualizer } from "@tanstack/react-virtual";
import {
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CirclePause,
  FileSearch,
  Globe,
  Loader,
  Pause,
  Play,
  RotateCcw,
  TriangleAlert,
  Upload,
  X,
} from "lucide-react";
import { type KeyboardEvent, useEffect, useRef } from "react";
import { Button } from "@/ui/Button";
import { bytes, share } from "@/ui/format";
import { Progress } from "@/ui/Progress";
import type { Basket, Entry } from "./basket";
import type { PreviewState } from "./usePreviews";
import { describeEntry } from "./words";

const ROW = 52;

interface FileListProps {
  entries: readonly Entry[];
  basket: Basket;
  previews: ReadonlyMap<number, PreviewState>;
  selected: number | undefined;
  onSelect: (id: number) => void;
  onRemove: (entry: Entry) => void;
  /** Asks for the file of an interrupted upload. */
  onChoose: () => void;
}

/** One row for each file or address, with how far it is and what can be done. Only the rows in view exist. */
export function FileList({ entries, selected, onSelect, ...rest }: FileListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const follow = useRef(false);
  const virtual = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 8,
    getItemKey: (at) => entries[at]?.id ?? at,
  });
  useEffect(() => {
    // The keyboard moved the selection: the focus goes with it.
    if (!follow.current || selected === undefined) return;
    follow.current = false;
    scroller.current?.querySelector<HTMLElement>(`[data-entry="${selected}"]`)?.focus();
  });
  const go = (to: number) => {
    const entry = entries[Math.max(0, Math.min(entries.length - 1, to))];
    if (!entry) return;
    follow.current = true;
    virtual.scrollToIndex(entries.indexOf(entry));
    onSelect(entry.id);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!(event.target instanceof HTMLElement) || event.target.dataset.entry === undefined) return;
    const at = entries.findIndex((entry) => entry.id === selected);
    const steps: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: entries.length - 1,
    };
    const to = steps[event.key];
    const entry = entries[at];
    if (to !== undefined) go(to);
    else if (event.key === "Delete" && entry) {
      rest.onRemove(entry);
      const next = entries[at + 1] ?? entries[at - 1];
      if (next) {
        follow.current = true;
        onSelect(next.id);
      }
    } else return;
    event.preventDefault();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys belong to the buttons inside
    <div ref={scroller} className="files" onKeyDown={onKeyDown}>
      <ul aria-label="Files" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const entry = entries[item.index];
          return (
            entry && (
              <li
                key={entry.id}
                className={`file${entry.id === selected ? " file-selected" : ""}`}
                style={{ transform: `translateY(${item.start}px)` }}
                aria-setsize={entries.length}
                aria-posinset={item.index + 1}
              >
                <FileRow entry={entry} selected={entry.id === selected} onSelect={onSelect} {...rest} />
              </li>
            )
          );
        })}
      </ul>
    </div>
  );
}

interface FileRowProps extends Omit<FileListProps, "entries" | "selected"> {
  entry: Entry;
  selected: boolean;
}

function FileRow({ entry, selected, basket, previews, onSelect, onRemove, onChoose }: FileRowProps) {
  const preview = previews.get(entry.id);
  const error = entry.state === "failed" || problemOf(preview) !== null;
  return (
    <>
      <button
        type="button"
        className="file-main"
        data-entry={entry.id}
        aria-current={selected || undefined}
        tabIndex={selected ? 0 : -1}
        onClick={() => onSelect(entry.id)}
      >
        <StateIcon entry={entry} preview={preview} />
        <span className="file-text">
          <span className="file-line">
            <span className="file-name clip" title={entry.address ?? entry.folder + entry.name}>
              {entry.folder && <span className="muted">{entry.folder}</span>}
              {entry.name}
            </span>
            {entry.size > 0 && <span className="file-size muted small tabular">{bytes(entry.size)}</span>}
          </span>
          {/* The bar has its place all the time, so that no row changes its height. */}
          <span className="file-bar">
            {(entry.state === "sending" || entry.state === "paused" || entry.state === "interrupted") && (
              <Progress
                value={entry.state === "sending" && entry.sent === 0 ? null : share(entry.sent, entry.size)}
                label={`Progress of ${entry.name}`}
              />
            )}
          </span>
          <span className={`file-state clip small tabular ${error ? "file-bad" : "muted"}`}>
            {problemOf(preview) ?? describeEntry(entry, preview?.previews)}
          </span>
        </span>
      </button>
      <span className="file-actions">
        {(entry.state === "sending" || entry.state === "waiting") && (
          <Button
            tone="quiet"
            icon={<Pause size={16} />}
            aria-label={`Pause ${entry.name}`}
            title="Pause"
            onClick={() => basket.pause(entry.id)}
          />
        )}
        {entry.state === "paused" && (
          <Button
            tone="quiet"
            icon={<Play size={16} />}
            aria-label={`Go on with ${entry.name}`}
            title="Go on"
            onClick={() => basket.resume(entry.id)}
          />
        )}
        {entry.state === "failed" && (
          <Button
            tone="quiet"
            icon={<RotateCcw size={16} />}
            aria-label={`Send ${entry.name} again`}
            title="Send again"
            onClick={() => basket.resume(entry.id)}
          />
        )}
        {entry.state === "interrupted" && (
          <Button
            tone="quiet"
            icon={<FileSearch size={16} />}
            aria-label={`Choose ${entry.name} again`}
            title="Choose the file again"
            onClick={onChoose}
          />
        )}
        <Button
          tone="quiet"
          icon={<X size={16} />}
          aria-label={entry.state === "ready" ? `Take out ${entry.name}` : `Cancel ${entry.name}`}
          title={entry.state === "ready" ? "Take out" : "Cancel"}
          onClick={() => onRemove(entry)}
        />
      </span>
    </>
  );
}

/** Why a file that is sent cannot be read; null when it can, or nobody has looked yet. */
export function problemOf(preview: PreviewState | undefined): string | null {
  if (preview?.error) return preview.error.message.split("\n")[0] ?? "Cannot be read";
  return preview?.previews?.find((one) => one.error)?.error ?? null;
}

function StateIcon({ entry, preview }: { entry: Entry; preview: PreviewState | undefined }) {
  const look = (Icon: typeof Upload, name: string, tone = "") => (
    <Icon size={16} className={`file-icon ${tone}`} role="img" aria-label={name} />
  );
  switch (entry.state) {
    case "waiting":
      return look(CircleDashed, "Waiting");
    case "sending":
      return entry.retrying ? look(TriangleAlert, "No connection", "tone-warn") : look(Upload, "Being sent");
    case "paused":
      return look(CirclePause, "Paused");
    case "interrupted":
      return look(CirclePause, "Interrupted", "tone-warn");
    case "failed":
      return look(CircleAlert, "Not sent", "tone-bad");
    case "ready":
      if (problemOf(preview)) return look(CircleAlert, "Cannot be read", "tone-bad");
      if (preview?.loading && !preview.previews) return look(Loader, "Being looked into");
      if (preview?.previews?.some((one) => one.missing.length > 0))
        return look(TriangleAlert, "Needs a column", "tone-warn");
      return entry.address ? look(Globe, "Address") : look(CircleCheck, "Ready", "tone-ok");
  }
}
