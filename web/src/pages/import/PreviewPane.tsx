import { CircleAlert, Info, RotateCcw } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { errorText } from "@/api/errors";
import type { FilePreview, ReadOptions } from "@/api/imports";
import { Button } from "@/ui/Button";
import { bytes, plural } from "@/ui/format";
import { Loading, Problems } from "@/ui/States";
import type { Basket, Entry } from "./basket";
import { MissingKeys } from "./MissingKeys";
import { assign } from "./mapping";
import { PreviewTable } from "./PreviewTable";
import { ReadControls } from "./ReadControls";
import { isMedia, type PreviewState } from "./usePreviews";
import { describeEntry } from "./words";

interface PreviewPaneProps {
  entry: Entry;
  basket: Basket;
  state: PreviewState | undefined;
  dataKeys: readonly string[];
  /** Other files that look the same, to be read the same way. */
  alike: readonly Entry[];
}

/** How one file is read: what was found, what can be set, and its first rows. */
export function PreviewPane({ entry, basket, state, dataKeys, alike }: PreviewPaneProps) {
  const [member, setMember] = useState(0);
  const previews = state?.previews ?? [];
  const preview = previews[Math.min(member, previews.length - 1)];
  const setRead = (read: ReadOptions) => basket.read(entry.id, read);
  return (
    <section className="look" aria-label={`Preview of ${entry.name}`} aria-busy={state?.loading || undefined}>
      <header className="look-head">
        <h2 className="clip" title={entry.address ?? entry.folder + entry.name}>
          {entry.name}
        </h2>
        {previews.length > 1 && (
          <select
            className="input look-member"
            aria-label="File inside"
            value={member}
            onChange={(event) => setMember(Number(event.target.value))}
          >
            {previews.map((one, at) => (
              <option key={one.name} value={at}>
                {one.name}
              </option>
            ))}
          </select>
        )}
        {entry.state === "ready" && Object.keys(entry.read).length > 0 && (
          <Button tone="quiet" icon={<RotateCcw size={14} />} onClick={() => setRead({})}>
            Read it as found
          </Button>
        )}
        <span className="muted small tabular look-size">
          {previews.length > 1 ? `${plural(previews.length, "file")} inside, ` : ""}
          {bytes(preview?.size || entry.size)}
        </span>
      </header>
      {entry.state === "ready" ? (
        <Found
          preview={preview}
          state={state}
          entry={entry}
          dataKeys={dataKeys}
          onRead={setRead}
          alike={alike}
          onAll={() => {
            for (const other of alike) basket.read(other.id, entry.read);
          }}
        />
      ) : (
        <Unsent entry={entry} />
      )}
      {isMedia(entry) && <MediaPreview file={basket.fileOf(entry.id)} name={entry.name} />}
    </section>
  );
}

function Unsent({ entry }: { entry: Entry }) {
  if (entry.state === "failed")
    return <Problems title="The server did not take this file" messages={entry.messages} />;
  return (
    <div className="look-wait">
      <p className="muted tabular">{describeEntry(entry)}</p>
      <p className="muted">Its first rows are shown here once the file is sent.</p>
    </div>
  );
}

interface FoundProps {
  preview: FilePreview | undefined;
  state: PreviewState | undefined;
  entry: Entry;
  dataKeys: readonly string[];
  onRead: (read: ReadOptions) => void;
  alike: readonly Entry[];
  onAll: () => void;
}

function Found({ preview, state, entry, dataKeys, onRead, alike, onAll }: FoundProps) {
  if (!preview) {
    if (!state?.error) return <Loading rows={4} label="Reading the beginning of the file" />;
    return (
      <div className="look-wait">
        <Problems title="The file could not be looked into" messages={[errorText(state.error)]} />
        <div className="row">
          <Button onClick={state.retry}>Try again</Button>
        </div>
      </div>
    );
  }
  const mapping = entry.read.columns ?? {};
  const assignColumn = (column: string, key: string) => {
    const columns = assign(preview.columns, mapping, column, key);
    const { columns: _, ...rest } = entry.read;
    onRead(Object.keys(columns).length > 0 ? { ...rest, columns: { ...columns } } : rest);
  };
  return (
    <>
      <ReadControls preview={preview} read={entry.read} onRead={onRead} />
      {alike.length > 0 && Object.keys(entry.read).length > 0 && (
        <p className="row small">
          <Button onClick={onAll}>
            Read {plural(alike.length, "other file")} with these columns the same way
          </Button>
        </p>
      )}
      {preview.error && <Problems title="This cannot be read so" messages={[preview.error]} />}
      <MissingKeys preview={preview} mapping={mapping} onAssign={assignColumn} />
      {preview.notes.map((note) => (
        <p key={note} className="look-note small">
          <Info size={14} aria-hidden /> {note}
        </p>
      ))}
      {!preview.files_as_tasks_list && (
        <p className="look-note small">
          <Info size={14} aria-hidden /> The whole file becomes one task. Change it at “A table becomes”
          below.
        </p>
      )}
      {preview.rows.length > 0 && (
        <PreviewTable preview={preview} mapping={mapping} dataKeys={dataKeys} onAssign={assignColumn} />
      )}
      {preview.rows.length === 0 && !preview.error && !isMedia(entry) && (
        <p className="look-note">
          <CircleAlert size={14} aria-hidden /> There is no row in it.
        </p>
      )}
    </>
  );
}

/** What a picture or a recording is, from this computer: it need not come back from the server. */
function MediaPreview({ file, name }: { file: File | undefined; name: string }) {
  const url = useMemo(() => (file ? URL.createObjectURL(file) : null), [file]);
  useEffect(() => () => (url ? URL.revokeObjectURL(url) : undefined), [url]);
  if (!file || !url) return null;
  if (file.type.startsWith("image/")) return <img className="look-media" src={url} alt={name} />;
  if (file.type.startsWith("audio/"))
    // biome-ignore lint/a11y/useMediaCaption: nobody has written captions for somebody's data
    return <audio className="look-media" src={url} controls aria-label={name} />;
  if (file.type.startsWith("video/"))
    // biome-ignore lint/a11y/useMediaCaption: nobody has written captions for somebody's data
    return <video className="look-media" src={url} controls aria-label={name} />;
  return null;
}
