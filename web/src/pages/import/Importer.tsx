import { useQueryClient } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, ClipboardPaste, FileUp, RotateCcw, X } from "lucide-react";
import { type DragEvent, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { useCommands } from "@/app/useCommands";
import { Button } from "@/ui/Button";
import { AreaField } from "@/ui/Field";
import { bytes, count, duration, plural } from "@/ui/format";
import { Progress } from "@/ui/Progress";
import { droppedFiles, pastedFile, serverTransport, type Upload, UploadQueue } from "./uploads";
import "./import.css";

const SHOWN = 200;

interface ImporterProps {
  projectId: number;
  /** Keys that every task needs, from the labeling set-up; shown in the example. */
  dataKeys: readonly string[];
}

/** Drop zone, paste field and one line for each file. */
export function Importer({ projectId, dataKeys }: ImporterProps) {
  const client = useQueryClient();
  const queue = useMemo(() => {
    const refresh = () => {
      for (const key of ["project", "tasks", "columns", "projects"])
        client.invalidateQueries({ queryKey: [key] });
    };
    return new UploadQueue(serverTransport(projectId), refresh);
  }, [client, projectId]);
  const items = useSyncExternalStore(queue.subscribe, queue.items);
  const input = useRef<HTMLInputElement>(null);
  const [pasting, setPasting] = useState(false);
  useCommands([
    {
      id: "import:files",
      title: "Choose files",
      group: "Import",
      keys: "o",
      run: () => input.current?.click(),
    },
    {
      id: "import:paste",
      title: "Paste text or JSON",
      group: "Import",
      keys: "p",
      run: () => setPasting(true),
    },
  ]);
  return (
    <div className="importer">
      <DropZone onFiles={(files) => queue.add(files)} onChoose={() => input.current?.click()} />
      <input
        ref={input}
        type="file"
        multiple
        className="visually-hidden"
        aria-label="Files to import"
        tabIndex={-1}
        onChange={(event) => {
          queue.add([...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
      {pasting ? (
        <Paste
          dataKeys={dataKeys}
          onFile={(file) => {
            queue.add([file]);
            setPasting(false);
          }}
          onCancel={() => setPasting(false)}
        />
      ) : (
        <div>
          <Button tone="quiet" icon={<ClipboardPaste size={16} />} onClick={() => setPasting(true)}>
            Paste text or JSON instead
          </Button>
        </div>
      )}
      {items.length > 0 && <Summary items={items} />}
      {items.length > 0 && (
        <ul className="uploads" aria-label="Files">
          {[...items]
            .reverse()
            .slice(0, SHOWN)
            .map((item) => (
              <UploadRow key={item.id} item={item} queue={queue} />
            ))}
        </ul>
      )}
      {items.length > SHOWN && (
        <p className="muted small">And {plural(items.length - SHOWN, "earlier file")}.</p>
      )}
    </div>
  );
}

function DropZone({ onFiles, onChoose }: { onFiles: (files: File[]) => void; onChoose: () => void }) {
  const [over, setOver] = useState(false);
  const hover = (event: DragEvent, inside: boolean) => {
    event.preventDefault();
    setOver(inside);
  };
  return (
    <button
      type="button"
      className={`drop${over ? " drop-over" : ""}`}
      onClick={onChoose}
      onDragEnter={(event) => hover(event, true)}
      onDragOver={(event) => hover(event, true)}
      onDragLeave={(event) => hover(event, false)}
      onDrop={async (event) => {
        hover(event, false);
        onFiles(await droppedFiles(event.dataTransfer));
      }}
    >
      <FileUp size={24} aria-hidden />
      <span className="drop-title">Drop files or folders here, or choose them</span>
      <span className="muted">JSON, CSV, TSV, TXT with one task a line, HTML, images, audio, video</span>
    </button>
  );
}

interface PasteProps {
  dataKeys: readonly string[];
  onFile: (file: File) => void;
  onCancel: () => void;
}

function Paste({ dataKeys, onFile, onCancel }: PasteProps) {
  const [text, setText] = useState("");
  const pasted = pastedFile(text);
  const example = `[{${dataKeys.map((key) => `"${key}": "…"`).join(", ") || '"text": "…"'}}]`;
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (pasted) onFile(pasted.file);
      }}
    >
      <AreaField
        label="Text or JSON"
        rows={8}
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
          {pasted ? `Import ${plural(pasted.count, "task")}` : "Import"}
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

function Summary({ items }: { items: readonly Upload[] }) {
  const done = items.filter((item) => item.state === "done");
  const failed = items.filter((item) => item.state === "failed").length;
  const open =
    items.length - done.length - failed - items.filter((item) => item.state === "cancelled").length;
  const tasks = done.reduce((sum, item) => sum + item.tasks, 0);
  return (
    <p className="uploads-summary" role="status">
      <b>{plural(tasks, "task")} imported</b>
      {` from ${done.length} of ${plural(items.length, "file")}`}
      {open > 0 && `, ${open} under way`}
      {failed > 0 && <span className="uploads-failed">, {failed} refused</span>}
    </p>
  );
}

function UploadRow({ item, queue }: { item: Upload; queue: UploadQueue }) {
  return (
    <li className="upload">
      <StateIcon item={item} />
      <div className="upload-main">
        <div className="upload-line">
          <span className="clip">{item.name}</span>
          <span className="muted small tabular">{bytes(item.size)}</span>
        </div>
        {(item.state === "sending" || item.state === "reading") && (
          <Progress
            value={item.state === "sending" && item.size > 0 ? item.sent / item.size : null}
            label={`Progress of ${item.name}`}
          />
        )}
        <p className={item.state === "failed" ? "upload-bad" : "muted small tabular"}>{describe(item)}</p>
        {item.messages.length > 1 && (
          <details className="upload-more">
            <summary>{plural(item.messages.length, "problem")}</summary>
            <ul>
              {item.messages.slice(0, 100).map((message) => (
                <li key={message}>{message}</li>
              ))}
            </ul>
          </details>
        )}
      </div>
      {item.state === "failed" && (
        <Button
          tone="quiet"
          icon={<RotateCcw size={16} />}
          aria-label={`Send ${item.name} again`}
          title="Send again"
          onClick={() => queue.retry(item.id)}
        />
      )}
      {(item.state === "waiting" || item.state === "sending") && (
        <Button
          tone="quiet"
          icon={<X size={16} />}
          aria-label={`Cancel ${item.name}`}
          title="Cancel"
          onClick={() => queue.cancel(item.id)}
        />
      )}
    </li>
  );
}

function StateIcon({ item }: { item: Upload }) {
  if (item.state === "done")
    return <CircleCheck size={16} className="upload-icon upload-ok" aria-label="Imported" />;
  if (item.state === "failed")
    return <CircleAlert size={16} className="upload-icon upload-bad" aria-label="Refused" />;
  return <FileUp size={16} className="upload-icon" aria-label="Under way" />;
}

export function describe(item: Upload): string {
  switch (item.state) {
    case "waiting":
      return "Waiting";
    case "cancelled":
      return "Cancelled. Nothing of it was imported.";
    case "sending":
      return `${bytes(item.sent)} of ${bytes(item.size)} sent`;
    case "reading": {
      if (item.rows === 0) return "The server is checking and storing the tasks";
      const rate = item.rate ? `, ${count(Math.round(item.rate))} a second` : "";
      const eta = item.eta ? `, ${duration(item.eta)} to go` : "";
      return `${plural(item.rows, "row")} read${rate}${eta}`;
    }
    case "done": {
      const extra = [
        item.annotations ? plural(item.annotations, "annotation") : "",
        item.predictions ? plural(item.predictions, "prediction") : "",
      ].filter(Boolean);
      return `${plural(item.tasks, "task")}${extra.length ? ` with ${extra.join(" and ")}` : ""} imported`;
    }
    case "failed":
      return item.messages[0] ?? "Refused";
  }
}
