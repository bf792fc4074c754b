import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { type ElementSpec, xml } from "@codemirror/lang-xml";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import type { ConfigProblem } from "./check";
import { ELEMENTS } from "./elements";

interface CodeEditorProps {
  value: string;
  onChange: (value: string) => void;
  problems: readonly ConfigProblem[];
  label: string;
}

/**
 * XML editor for labeling set-ups. It lives in a shadow root because CodeMirror writes its styles into
 * constructed sheets only there; in the page itself it would need inline styles, which our policy forbids.
 */
export default function CodeEditor({ value, onChange, problems, label }: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const change = useRef(onChange);
  change.current = onChange;
  const first = useRef({ value, label });

  useEffect(() => {
    if (!host.current) return;
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: "open" });
    const editor = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: first.current.value,
        extensions: [
          ...extensions,
          EditorView.contentAttributes.of({ "aria-label": first.current.label }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) change.current(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => {
      editor.destroy();
      root.replaceChildren();
    };
  }, []);

  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    const editor = view.current;
    if (editor) editor.dispatch(setDiagnostics(editor.state, diagnostics(editor.state, problems)));
  }, [problems]);

  return <div ref={host} className="cm-host" />;
}

function diagnostics(state: EditorState, problems: readonly ConfigProblem[]): Diagnostic[] {
  return problems
    .filter((problem) => problem.line !== null && problem.line >= 1 && problem.line <= state.doc.lines)
    .map((problem) => {
      const line = state.doc.line(problem.line as number);
      const indent = line.text.length - line.text.trimStart().length;
      return { from: line.from + indent, to: line.to, severity: "error", message: problem.message };
    });
}

const colors = HighlightStyle.define([
  { tag: tags.tagName, color: "var(--accent)", fontWeight: "500" },
  { tag: tags.angleBracket, color: "var(--text-2)" },
  { tag: tags.attributeName, color: "var(--text)" },
  { tag: tags.attributeValue, color: "var(--ok)" },
  { tag: tags.comment, color: "var(--text-2)", fontStyle: "italic" },
  { tag: tags.invalid, color: "var(--danger)" },
]);

const look = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", fontSize: "12.5px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "20px" },
  ".cm-content": { caretColor: "var(--text)", padding: "8px 0" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { background: "transparent", color: "var(--text-2)", border: "0" },
  ".cm-activeLine, .cm-activeLineGutter": {
    backgroundColor: "color-mix(in oklch, var(--surface-2) 60%, transparent)",
  },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "var(--accent-soft)",
  },
  ".cm-tooltip": {
    border: "1px solid var(--border)",
    borderRadius: "6px",
    background: "var(--surface)",
    color: "var(--text)",
    boxShadow: "var(--shadow-pop)",
    fontFamily: "var(--font)",
    maxWidth: "420px",
  },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    background: "var(--accent-soft)",
    color: "var(--text)",
  },
  ".cm-diagnostic-error": { borderLeft: "3px solid var(--danger)", whiteSpace: "pre-wrap" },
});

const elements: ElementSpec[] = Object.entries(ELEMENTS).map(([name, spec]) => ({
  name,
  attributes: spec.attributes.map((attribute) => ({ name: attribute })),
  ...(spec.children ? { children: spec.children } : {}),
  top: name === "View",
}));

/** Typing over a selection: left to the browser, it would keep looks with inline styles, which our policy forbids. */
const typeOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { empty } = view.state.selection.main;
    if (event.inputType !== "insertText" || event.data === null || empty) return false;
    event.preventDefault();
    view.dispatch(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
    return true;
  },
});

const extensions = [
  typeOver,
  lineNumbers(),
  lintGutter(),
  history(),
  drawSelection(),
  indentOnInput(),
  bracketMatching(),
  autocompletion(),
  highlightActiveLine(),
  highlightActiveLineGutter(),
  syntaxHighlighting(colors),
  xml({ elements }),
  EditorView.lineWrapping,
  look,
  keymap.of([...defaultKeymap, ...historyKeymap, ...completionKeymap]),
];
