import { RotateCcw, X } from "lucide-react";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { useCommands } from "@/app/useCommands";
import { Button } from "@/ui/Button";
import { bytes, plural, share } from "@/ui/format";
import { Progress } from "@/ui/Progress";
import { toast } from "@/ui/toast";
import { ActionBar, IMPORT_KEYS } from "./ActionBar";
import type { Basket, Entry } from "./basket";
import { basketOf } from "./baskets";
import { DropZone, type Panel } from "./DropZone";
import { FileList, problemOf } from "./FileList";
import { History } from "./History";
import { OptionsPanel } from "./OptionsPanel";
import { DEFAULTS, type ImportOptions, problemOf as problemOfOptions } from "./options";
import { PreviewPane } from "./PreviewPane";
import { Addresses, Paste } from "./Typed";
import { type PreviewState, usePreviews } from "./usePreviews";
import { useStart } from "./useStart";
import { describeTotals } from "./words";
import "./import.css";
import "./basket.css";
import "./history.css";

interface ImporterProps {
  projectId: number;
  /** Keys that every task needs, from the labeling set-up. */
  dataKeys: readonly string[];
}

/** What comes in, and what came in. */
export function Importer({ projectId, dataKeys }: ImporterProps) {
  const basket = basketOf(projectId);
  const entries = useSyncExternalStore(basket.subscribe, basket.entries);
  const [panel, setPanel] = useState<Panel>(null);
  const [begun, setBegun] = useState<ReadonlyMap<number, () => void>>(new Map());
  useEffect(() => void basket.restore(), [basket]);
  const onBegun = (importId: number | undefined, putBack: () => void) => {
    if (importId === undefined) return;
    const again = () => {
      putBack();
      setBegun((before) => new Map([...before].filter(([id]) => id !== importId)));
    };
    setBegun((before) => new Map(before).set(importId, again));
    // The list has the new import by now; the focus goes to where it can be watched.
    setTimeout(() => document.getElementById(`import-${importId}`)?.focus(), 50);
  };
  return (
    <>
      {entries.length === 0 && dataKeys.length > 0 && <KeysRead keys={dataKeys} />}
      <DropZone
        compact={entries.length > 0}
        onFiles={(found) => basket.add(found)}
        panel={panel}
        onPanel={setPanel}
      />
      {panel === "paste" && (
        <Paste
          dataKeys={dataKeys}
          onFile={(file) => {
            basket.add([{ file, folder: "" }]);
            setPanel(null);
          }}
          onCancel={() => setPanel(null)}
        />
      )}
      {panel === "addresses" && (
        <Addresses
          onAddresses={(addresses) => {
            basket.addAddresses(addresses);
            setPanel(null);
          }}
          onCancel={() => setPanel(null)}
        />
      )}
      {entries.length > 0 && (
        <Bench
          projectId={projectId}
          basket={basket}
          entries={entries}
          dataKeys={dataKeys}
          onBegun={onBegun}
        />
      )}
      <History
        projectId={projectId}
        teach={entries.length === 0}
        onFinished={() => void basket.prune()}
        begun={begun}
        onMended={(file) => {
          basket.add([{ file, folder: "" }]);
          toast(`${file.name} is in the list. Import it when it is ready.`);
          document.getElementById("content")?.scrollTo({ top: 0 });
        }}
      />
    </>
  );
}

interface BenchProps extends ImporterProps {
  basket: Basket;
  entries: readonly Entry[];
  onBegun: (importId: number | undefined, putBack: () => void) => void;
}

/** Files on the left, how the selected one is read on the right; below what happens with them. */
function Bench({ projectId, basket, entries, dataKeys, onBegun }: BenchProps) {
  const [options, setOptions] = useState<ImportOptions>(DEFAULTS);
  const [chosen, setChosen] = useState<number>();
  const entry = entries.find((one) => one.id === chosen) ?? entries[0];
  const previews = usePreviews(projectId, entries, options, entry?.id);
  const totals = basket.totals();
  const able = useMemo(
    () => entries.filter((one) => one.state === "ready" && problemOf(previews.get(one.id)) === null),
    [entries, previews],
  );
  const start = useStart(projectId, basket, able, options, { onBegun });
  const problem = problemOfOptions(options);
  useCommands([
    {
      id: "import:begin",
      title: "Import the files",
      group: "Import",
      keys: IMPORT_KEYS,
      when: () => able.length > 0 && totals.open === 0 && problem === null && start.busy === null,
      run: () => void start.begin(),
    },
    {
      id: "import:check",
      title: "Check the files, import nothing",
      group: "Import",
      keys: "$mod+Shift+Enter",
      when: () => able.length > 0 && totals.open === 0 && problem === null && start.busy === null,
      run: () => void start.check(),
    },
  ]);
  const remove = (gone: Entry) => {
    const putBack = basket.remove(gone.id);
    toast(`${gone.name} was taken out.`, { action: { label: "Put back", run: putBack } });
  };
  const removeAll = () => {
    // The last first: a place that falls free would be taken by the next one.
    const putBack = entries
      .toReversed()
      .map((one) => basket.remove(one.id))
      .toReversed();
    toast(`${plural(entries.length, "file was", "files were")} taken out.`, {
      action: {
        label: "Put back",
        run: () => {
          for (const back of putBack) back();
        },
      },
    });
  };
  const shown = [...previews.values()].flatMap((state) => state.previews ?? []);
  return (
    <section className="basket" aria-label="Chosen files">
      <div className="basket-head">
        <div className="basket-line">
          <p className="tabular" role="status">
            {describeTotals(totals)}
          </p>
          {totals.failed > 1 && (
            <Button tone="quiet" icon={<RotateCcw size={14} />} onClick={() => basket.retryAll()}>
              Send {plural(totals.failed, "file")} again
            </Button>
          )}
          <Button tone="quiet" icon={<X size={14} />} onClick={removeAll}>
            Take all out
          </Button>
        </div>
        <div className={totals.open > 0 ? "" : "basket-still"}>
          <Progress value={share(totals.sent, totals.size)} label={`${bytes(totals.sent)} sent`} />
        </div>
      </div>
      <div className="basket-panes">
        <FileList
          entries={entries}
          basket={basket}
          previews={previews}
          selected={entry?.id}
          onSelect={setChosen}
          onRemove={remove}
          onChoose={() =>
            document.querySelector<HTMLInputElement>("input[aria-label='Files to import']")?.click()
          }
        />
        {entry && (
          <PreviewPane
            key={entry.id}
            entry={entry}
            basket={basket}
            state={previews.get(entry.id)}
            dataKeys={dataKeys}
            alike={alikeOf(entry, entries, previews)}
          />
        )}
      </div>
      <OptionsPanel
        options={options}
        onOptions={setOptions}
        previews={shown}
        withTables={shown.some(
          (preview) => /^(csv|tsv)$/i.test(preview.format ?? "") || !preview.files_as_tasks_list,
        )}
      />
      <ActionBar
        entries={able}
        open={totals.open}
        left={entries.length - able.length - totals.open}
        problem={problem}
        start={start}
      />
    </section>
  );
}

/** Other files with the columns of this one that are read otherwise so far. */
function alikeOf(
  entry: Entry,
  entries: readonly Entry[],
  previews: ReadonlyMap<number, PreviewState>,
): readonly Entry[] {
  const shape = (one: Entry) => {
    const preview = previews.get(one.id)?.previews?.[0];
    return preview && preview.columns.length > 0 ? JSON.stringify([preview.format, preview.columns]) : null;
  };
  const own = shape(entry);
  if (own === null) return [];
  const read = JSON.stringify(entry.read);
  return entries.filter(
    (one) => one.id !== entry.id && shape(one) === own && JSON.stringify(one.read) !== read,
  );
}

/** What the tasks must have. */
function KeysRead({ keys }: { keys: readonly string[] }) {
  const it = keys.length === 1 ? "it" : "them";
  return (
    <p className="muted">
      The labeling set-up reads {keys.length === 1 ? "the key" : "the keys"}{" "}
      {keys.map((key, index) => (
        <span key={key}>
          {index > 0 && ", "}
          <code>{key}</code>
        </span>
      ))}{" "}
      of each task. Objects and columns need {it}
      {keys.length === 1 ? "; texts, pictures and recordings fill it by themselves." : "."}
    </p>
  );
}
