import "./editor.css";
import "./panels/panels.css";
import "./tags/controls.css";
import "./tags";
import { type Ref, useEffect, useImperativeHandle, useMemo, useReducer, useRef, useState } from "react";
import { parseConfig } from "./config/parse";
import { resolveConfig, type TaskData } from "./config/resolve";
import type { ConfigTree } from "./config/types";
import { describeShape } from "./core/describe";
import { assignHotkeys, keyTable } from "./core/hotkeys";
import { createAnnotationStore } from "./core/store";
import type { AnnotationStore, ObjectView, Problem, ResultItem } from "./core/types";
import { validate } from "./core/validate";
import { ConfigView } from "./panels/ConfigView";
import { EditorContext, type EditorContextValue } from "./panels/context";
import { FlushContext } from "./panels/flush";
import { listenKeys } from "./panels/keys";
import { KeptNotice, ProblemList } from "./panels/Notices";
import { pickByUser } from "./panels/pick";
import { SidePanel } from "./panels/SidePanel";
import { useRemembered } from "./panels/useRemembered";
import { useStoreVersion } from "./panels/useStore";
import { useTheme } from "./panels/useTheme";
import { tagModule } from "./tags/registry";

export interface EditorHandle {
  /** The full result, text that is still being typed included. */
  serialize(): ResultItem[];
  /** What stands in the way of submitting; from now on it is shown beside the controls too. */
  problems(): Problem[];
  undo(): void;
  redo(): void;
  /** Moves the focus to the first object. */
  focus(): void;
}

export interface EditorProps {
  /** Label config XML. */
  config: string;
  task: { id: number | string; data: TaskData };
  initialResult?: readonly ResultItem[] | undefined;
  /** "prediction": the initial result comes from a model; its items say so until they are edited. */
  source?: "annotation" | "prediction";
  /** Another key starts over with `initialResult`; so do another task or config. */
  resultKey?: string | number | undefined;
  readOnly?: boolean;
  /** false leaves the keyboard to the page. */
  hotkeys?: boolean;
  /** Called after changes, several close ones together. `dirty`: something differs from the initial result. */
  onChange?: ((result: ResultItem[], dirty: boolean) => void) | undefined;
  /** Turns an address of the task data into one that the browser can load. */
  resolveUrl?: (url: string) => string;
  ref?: Ref<EditorHandle>;
}

const same = (url: string) => url;

/** The labeling editor: draws the config for one task and keeps its annotation. */
export function Editor(props: EditorProps) {
  const { config: xml, task, initialResult, source = "annotation", resultKey, readOnly = false } = props;
  const parsed = useMemo(() => parseConfig(xml), [xml]);
  // A task or result that is only a new object with the same identity must not throw edits away.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  const data = useMemo(() => task.data, [task.id]);
  const config = useMemo(() => resolveConfig(parsed, data), [parsed, data]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  const store = useMemo(
    () => createAnnotationStore(config, initialResult, source),
    [config, task.id, resultKey],
  );
  const theme = useTheme(config);
  const bindings = useMemo(() => assignHotkeys(config), [config]);
  const keys = useMemo(() => keyTable(bindings), [bindings]);
  const [views] = useState(() => new Map<string, ObjectView>());
  const [flushers] = useState(() => new Set<() => void>());
  const [open, setOpen] = usePanel(config);
  const [checked, setChecked] = useState<AnnotationStore | null>(null);
  const [mounts, viewMounted] = useReducer((count: number) => count + 1, 0);
  const version = useStoreVersion(store);
  const live = useRef<HTMLDivElement>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: what is wrong changes with every version
  const problems = useMemo(
    () => (checked === store ? validate(store, data) : []),
    [checked, store, data, version],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: a mounted view describes its regions anew
  const context = useMemo<EditorContextValue>(() => {
    const announce = (text: string) => say(live.current, text);
    return {
      store,
      data,
      theme,
      readOnly,
      bindings,
      keys,
      views,
      problems,
      viewMounted,
      describe: (region) => views.get(region.to)?.describe?.(region.id) ?? describeShape(region),
      announce,
      resolveUrl: props.resolveUrl ?? same,
      pick: (control, label) => pickByUser({ store, views, announce, readOnly }, control, label),
      reveal: (id) => views.get(store.regions.get(id)?.to ?? "")?.reveal(id),
    };
  }, [store, data, theme, readOnly, bindings, keys, views, problems, mounts, props.resolveUrl]);

  useHotkeys(context, props.hotkeys ?? true);
  useChangeReport(store, props.onChange);
  useImperativeHandle(props.ref, () => {
    const flush = () => {
      for (const run of [...flushers]) run();
    };
    return {
      serialize: () => {
        flush();
        return store.serialize();
      },
      problems: () => {
        flush();
        setChecked(store);
        return validate(store, data);
      },
      undo: () => store.undo(),
      redo: () => store.redo(),
      focus: () => void [...views.values()][0]?.command?.("focus"),
    };
  }, [store, data, views, flushers]);

  const marksRegions = [...config.controls.values()].some((control) => tagModule(control.tag)?.shapes);
  return (
    <EditorContext value={context}>
      <FlushContext value={flushers}>
        <div className="ed-frame">
          <div className="ed-root" data-readonly={readOnly || undefined}>
            <div className="ed-content">
              <ProblemList />
              <KeptNotice />
              <ConfigView key={`${task.id} ${resultKey ?? ""}`} node={config.root} />
            </div>
            {(marksRegions || !readOnly) && (
              <SidePanel open={open && marksRegions} regions={marksRegions} onToggle={() => setOpen(!open)} />
            )}
            <div ref={live} className="ed-sr" role="status" aria-live="polite" />
          </div>
        </div>
      </FlushContext>
    </EditorContext>
  );
}

/** Wide enough for a picture and the panel beside it. */
const ROOMY = 1500;

/** Whether the side panel is open; remembered for configs with pictures and for others separately. */
function usePanel(config: ConfigTree): [boolean, (open: boolean) => void] {
  const [roomy] = useState(() => [...config.objects.values()].some((node) => tagModule(node.tag)?.wantsRoom));
  const key = roomy ? "labelyard.editor.panel.picture" : "labelyard.editor.panel";
  return useRemembered(key, !roomy || window.innerWidth >= ROOMY);
}

/** Saying the same twice needs a change of the text: a space does, and is not heard. */
function say(element: HTMLElement | null, text: string): void {
  if (element) element.textContent = element.textContent === text ? `${text}\u00a0` : text;
}

function useHotkeys(context: EditorContextValue, on: boolean): void {
  const latest = useRef(context);
  latest.current = context;
  // The keys are bound anew only when the config's own keys change.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => (on ? listenKeys(() => latest.current) : undefined), [on, context.bindings]);
}

function useChangeReport(store: AnnotationStore, onChange: EditorProps["onChange"]): void {
  // Set in an effect: while an old store is being left, the callback is still the one that belongs to it.
  const latest = useRef(onChange);
  useEffect(() => {
    latest.current = onChange;
  });
  useEffect(() => {
    let reported = store.revision;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const report = () => {
      timer = undefined;
      reported = store.revision;
      latest.current?.(store.serialize(), store.canUndo);
    };
    const stop = store.subscribe(() => {
      if (store.revision !== reported) timer ??= setTimeout(report, 0);
    });
    return () => {
      stop();
      // Leaving right after an edit must not lose it.
      if (timer !== undefined) {
        clearTimeout(timer);
        report();
      }
    };
  }, [store]);
}
