import { TriangleAlert } from "lucide-react";
import type { Problem } from "../core/types";
import { useEditor } from "./context";

/** What stands in the way of submitting; each line leads to its place. */
export function ProblemList() {
  const { problems, store, reveal } = useEditor();
  if (problems.length === 0) return null;
  const groups = grouped(problems);
  const go = (problem: Problem) => {
    if (problem.regionId !== undefined) {
      store.select([problem.regionId]);
      reveal(problem.regionId);
    }
    const question = document.querySelector<HTMLElement>(`[data-control="${CSS.escape(problem.from)}"]`);
    question?.scrollIntoView({ block: "nearest" });
    question?.querySelector<HTMLElement>("input, textarea, select, button")?.focus();
  };
  return (
    <div className="ed-problems" role="alert">
      <TriangleAlert size={15} aria-hidden="true" />
      <ul>
        {groups.map(({ problem, count }) => (
          <li key={`${problem.from} ${problem.message}`}>
            <button type="button" className="ed-link" onClick={() => go(problem)}>
              {problem.message}
            </button>
            {count > 1 && ` (${count} regions)`}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** One line for a question that many regions leave open; it leads to the first of them. */
function grouped(problems: readonly Problem[]): { problem: Problem; count: number }[] {
  const groups = new Map<string, { problem: Problem; count: number }>();
  for (const problem of problems) {
    const key = `${problem.from} ${problem.message}`;
    const group = groups.get(key);
    if (group) group.count++;
    else groups.set(key, { problem, count: 1 });
  }
  return [...groups.values()];
}

/** What the config or the annotation holds that cannot be shown; nothing of it is lost. */
export function KeptNotice() {
  const { store } = useEditor();
  const lines = store.config.problems.map((problem) =>
    problem.line === undefined ? problem.message : `Line ${problem.line}: ${problem.message}`,
  );
  const { foreign } = store;
  if (lines.length === 0 && foreign.length === 0) return null;
  const reasons = [...new Set(foreign.map((entry) => entry.reason))];
  return (
    <div className="ed-kept">
      {lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
      {foreign.length > 0 && (
        <details>
          <summary>{`${foreign.length} ${foreign.length === 1 ? "result is" : "results are"} kept but not shown`}</summary>
          <ul>
            {reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
