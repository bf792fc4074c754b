import {
  ArrowLeft,
  BookOpen,
  CircleHelp,
  Cloud,
  CloudAlert,
  CloudUpload,
  History,
  Sparkles,
} from "lucide-react";
import {
  type ReactNode,
  type RefObject,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import type { Annotation, Project, ResultItem } from "@/api/contract";
import { commands } from "@/app/commands";
import { run } from "@/app/Shell";
import { useCommands } from "@/app/useCommands";
import { Button, ButtonLink } from "@/ui/Button";
import { Keys } from "@/ui/Keys";
import { dismiss, toast } from "@/ui/toast";
import { DraftSaver, type DraftState } from "./drafts";
import { type EditorHandle, EditorHost } from "./EditorHost";
import { HistoryPanel, type Past } from "./HistoryPanel";
import { InstructionsDialog, useInstructions } from "./Instructions";
import { emptyProblem, guessName, leadTime, type Seat } from "./seat";
import { draftStore, renewLease } from "./work";
import "./labeling.css";

export interface Finished {
  seat: Seat;
  result: ResultItem[];
  leadTime: number;
  /** Resolves to the draft that the submit replaces, once no save is under way. */
  draft: Promise<number | null>;
  skip: boolean;
}

interface WorkbenchProps {
  project: Project;
  seat: Seat;
  readOnly?: boolean;
  canSkip: boolean;
  title: ReactNode;
  /** Between the title and the submit buttons. */
  tools?: ReactNode;
  onFinish: (work: Finished) => void;
  /** Filled with a function that saves what is open; call and await it before showing another task. */
  leave?: RefObject<(() => Promise<void>) | null>;
  /** The answer differs from what the server has, although nothing was touched in this sitting. */
  startDirty?: boolean;
  /** An earlier version was brought back; `edits` are to be gone on with, where that was undone. */
  onRestored: (annotation: Annotation, edits: ResultItem[] | null) => void;
}

const LEASE_MS = 4 * 60_000;

/** Bar and editor for one sitting; everything about where the task comes from is the caller's. */
export function Workbench({
  project,
  seat,
  readOnly,
  canSkip,
  title,
  tools,
  onFinish,
  leave,
  startDirty,
  onRestored,
}: WorkbenchProps) {
  const editor = useRef<EditorHandle>(null);
  const saver = useDrafts(seat, startDirty ?? false, leave);
  const draftState = useSyncExternalStore(saver.subscribe, saver.state);
  const instructions = useInstructions(project);
  const over = useRef<string | null>(null);
  const refusal = useRef(-1);
  useEditorKeys();
  const [history, setHistory] = useState(false);
  const [past, setPast] = useState<Past | null>(null);
  const showHistory = history && seat.annotation !== null;
  const looking = showHistory && past !== null && past.event.annotation === seat.annotation?.id;
  const still = (readOnly ?? false) || looking;
  const toggleHistory = () => {
    setPast(null);
    setHistory(!history);
  };
  /** What is in hand that the server does not have as the annotation, before a version takes its place. */
  const putAside = async () => {
    const changed = saver.state() !== "clean" || seat.draft !== null;
    const edits = changed ? (editor.current?.serialize() ?? null) : null;
    await saver.flush();
    return edits;
  };

  const finish = (skip: boolean) => {
    const handle = editor.current;
    // One sitting ends once, however fast the keys are pressed.
    if (!handle || still || over.current === seat.key) return;
    const result = handle.serialize();
    dismiss(refusal.current);
    if (!skip) {
      const problem = handle.problems()[0]?.message ?? emptyProblem(result, project);
      if (problem) {
        refusal.current = toast(problem, { tone: "danger" });
        return;
      }
    }
    over.current = seat.key;
    onFinish({ seat, result, leadTime: leadTime(seat), draft: saver.close(), skip });
  };

  const isUpdate = seat.annotation !== null;
  useCommands([
    {
      id: "annotation:submit",
      title: isUpdate ? "Update the annotation" : "Submit the annotation",
      group: "Labeling",
      keys: isUpdate ? ["Alt+Enter", "$mod+Enter"] : ["$mod+Enter"],
      when: () => !still,
      run: () => finish(false),
    },
    {
      id: "annotation:skip",
      title: "Skip the task",
      group: "Labeling",
      keys: "Control+Space",
      when: () => canSkip && !still,
      run: () => finish(true),
    },
    {
      id: "annotation:history",
      title: "Show the history of the annotation",
      group: "Labeling",
      keys: "Alt+v",
      when: () => seat.annotation !== null,
      run: toggleHistory,
    },
    ...(project.expert_instruction
      ? [
          {
            id: "labeling:instructions",
            title: "Show instructions",
            group: "Labeling",
            keys: "Alt+i",
            run: instructions.show,
          },
        ]
      : []),
  ]);

  return (
    <div className="bench" data-own-keys>
      <header className="bench-bar">
        <ButtonLink
          href={`/projects/${project.id}/data`}
          tone="quiet"
          icon={<ArrowLeft size={16} />}
          aria-label="Back to the data"
          title="Back to the data"
        />
        <div className="bench-title">{title}</div>
        {!readOnly && <StateMark state={draftState} seat={seat} />}
        <div className="bench-tools">
          {tools}
          {seat.annotation && (
            <Button
              tone="quiet"
              icon={<History size={16} />}
              aria-label="History"
              title="History of the annotation  Alt V"
              aria-pressed={showHistory}
              onClick={toggleHistory}
            />
          )}
          {project.expert_instruction && (
            <Button
              tone="quiet"
              icon={<BookOpen size={16} />}
              aria-label="Instructions"
              title="Instructions  Alt I"
              onClick={instructions.show}
            />
          )}
          <Button
            tone="quiet"
            icon={<CircleHelp size={16} />}
            aria-label="Keys"
            title="Keys  ?"
            onClick={() => run("help")}
          />
          {canSkip && !readOnly && (
            <Button disabled={looking} onClick={() => finish(true)}>
              Skip <Keys binding="Control+Space" />
            </Button>
          )}
          {!readOnly && (
            <Button tone="primary" disabled={looking} onClick={() => finish(false)}>
              {isUpdate ? "Update" : "Submit"} <Keys binding={isUpdate ? "Alt+Enter" : "$mod+Enter"} />
            </Button>
          )}
        </div>
      </header>
      <div className="bench-body">
        <main className="bench-stage" id="content" tabIndex={-1} aria-label={`Task ${seat.task.id}`}>
          {/* What is being worked on stays as it is under a version that is looked at. */}
          <div className="bench-layer" inert={looking}>
            <EditorHost
              key={seat.key}
              ref={editor}
              config={project.label_config}
              task={seat.task}
              initialResult={seat.initial}
              source={seat.prediction && !seat.draft ? "prediction" : "annotation"}
              resultKey={seat.key}
              readOnly={readOnly ?? false}
              hotkeys={!looking}
              onChange={(result, dirty) => {
                dismiss(refusal.current);
                if (dirty && !readOnly) saver.change(result);
              }}
            />
          </div>
          {looking && (
            <section className="bench-layer bench-past" aria-label="Earlier version">
              <EditorHost
                key={past.event.id}
                config={project.label_config}
                task={seat.task}
                initialResult={past.result}
                resultKey={past.event.id}
                readOnly
                hotkeys={false}
              />
            </section>
          )}
        </main>
        {showHistory && seat.annotation && (
          <HistoryPanel
            key={seat.key}
            annotation={seat.annotation}
            project={project.id}
            past={looking ? past : null}
            onPast={setPast}
            before={putAside}
            onRestored={(annotation, edits) => {
              void saver.close();
              onRestored(annotation, edits);
            }}
            onClose={toggleHistory}
          />
        )}
      </div>
      <InstructionsDialog project={project} open={instructions.open} onClose={instructions.hide} />
    </div>
  );
}

/** The editor listens to its keys itself; the help sheet shows them all the same. */
function useEditorKeys(): void {
  useEffect(() => {
    let gone = false;
    void import("@/editor").then(({ hotkeys }) => {
      if (!gone) commands.setNotes(hotkeys);
    });
    return () => {
      gone = true;
      commands.setNotes([]);
    };
  }, []);
}

/** One saver per sitting, told to save when the page is hidden or left, and the lease kept alive meanwhile. */
function useDrafts(
  seat: Seat,
  startDirty: boolean,
  leave: RefObject<(() => Promise<void>) | null> | undefined,
) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key names the sitting
  const saver = useMemo(
    () => new DraftSaver(draftStore(seat), () => leadTime(seat), seat.draft?.id ?? null),
    [seat.key],
  );
  useEffect(() => {
    if (startDirty) saver.change(seat.initial);
    if (leave) leave.current = () => saver.flush();
    const hidden = () => {
      if (document.visibilityState === "hidden") void saver.flush();
    };
    const online = () => void saver.flush();
    const unload = (event: BeforeUnloadEvent) => {
      void saver.flush();
      if (saver.state() === "failed") event.preventDefault();
    };
    const lease = setInterval(() => {
      if (document.visibilityState === "visible" && !seat.annotation) renewLease(seat.task.id);
    }, LEASE_MS);
    document.addEventListener("visibilitychange", hidden);
    window.addEventListener("online", online);
    window.addEventListener("beforeunload", unload);
    return () => {
      clearInterval(lease);
      document.removeEventListener("visibilitychange", hidden);
      window.removeEventListener("online", online);
      window.removeEventListener("beforeunload", unload);
      void saver.flush();
    };
  }, [saver, seat, startDirty, leave]);
  return saver;
}

const MARKS: Record<DraftState, string> = {
  clean: "",
  unsaved: "Not saved yet",
  saving: "Saving draft",
  saved: "Draft saved",
  failed: "Draft not saved, trying again",
};

/** Where the answer is, or what it begins with. */
function StateMark({ state, seat }: { state: DraftState; seat: Seat }) {
  const guess = !MARKS[state] && !seat.draft ? seat.prediction : null;
  const text =
    MARKS[state] || (seat.draft && "Your draft, restored") || (guess && `Suggested by ${guessName(guess)}`);
  const saved = state === "saved" || state === "clean";
  const Icon = guess ? Sparkles : state === "failed" ? CloudAlert : saved ? Cloud : CloudUpload;
  return (
    <div
      className={`bench-draft${state === "failed" ? " bench-draft-bad" : ""}`}
      role="status"
      title={guess ? "The answer begins with a prediction of this model." : undefined}
    >
      {text && (
        <>
          <Icon size={14} aria-hidden />
          <span className="clip">{text}</span>
        </>
      )}
    </div>
  );
}
