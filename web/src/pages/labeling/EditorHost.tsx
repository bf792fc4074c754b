import { lazy, type Ref, Suspense } from "react";
import type { ResultItem } from "@/api/contract";

export interface EditorProblem {
  from: string;
  message: string;
  regionId?: string;
}

/** What a page may ask of the editor; see `editor/index.ts`. */
export interface EditorHandle {
  serialize(): ResultItem[];
  problems(): EditorProblem[];
  undo(): void;
  redo(): void;
  focus(): void;
}

export interface EditorProps {
  config: string;
  task: { id: number; data: Record<string, unknown> };
  initialResult?: ResultItem[];
  readOnly?: boolean;
  hotkeys?: boolean;
  origin?: "manual" | "prediction";
  onChange?: (result: ResultItem[], dirty: boolean) => void;
  ref?: Ref<EditorHandle>;
}

const LazyEditor = lazy(async () => ({ default: Stub }));

/** The only place where pages meet the editor; it is loaded when the first task is shown. */
export function EditorHost(props: EditorProps) {
  return (
    <Suspense fallback={<div className="editor-wait" role="status" aria-label="Loading the editor" />}>
      <LazyEditor {...props} />
    </Suspense>
  );
}

function Stub({ task }: EditorProps) {
  return <pre>{JSON.stringify(task.data, null, 2)}</pre>;
}
