import { lazy, Suspense } from "react";
import type { EditorProps } from "@/editor";

export type { EditorHandle } from "@/editor";

const Editor = lazy(() => import("@/editor").then((module) => ({ default: module.Editor })));

/** The only place where pages meet the editor; its code arrives with the first task that is shown. */
export function EditorHost(props: EditorProps) {
  return (
    <Suspense fallback={<div className="editor-wait" role="status" aria-label="Loading the editor" />}>
      <Editor {...props} />
    </Suspense>
  );
}
