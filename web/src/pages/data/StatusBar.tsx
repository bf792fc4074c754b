import { ChevronFirst, ChevronLast, ChevronLeft, ChevronRight, LoaderCircle } from "lucide-react";
import { useState } from "react";
import type { TaskList } from "@/api/contract";
import { TASK_PAGE } from "@/api/queries";
import { Button } from "@/ui/Button";
import { count, plural } from "@/ui/format";

interface StatusProps {
  answer: TaskList | undefined;
  total: number;
  /** Rows in view, from 0. */
  seen: readonly [number, number];
  onRow: (row: number) => void;
}

/** Where one is in the list, how to get elsewhere in it, and what the list holds. */
export function StatusBar({ answer, total, seen, onRow }: StatusProps) {
  const pages = Math.max(1, Math.ceil(total / TASK_PAGE));
  const page = Math.min(pages, Math.floor(seen[0] / TASK_PAGE) + 1);
  const go = (to: number) => onRow((Math.min(pages, Math.max(1, to)) - 1) * TASK_PAGE);
  return (
    <footer className="status">
      <span className="status-rows tabular">
        {total > 0 && `Rows ${count(seen[0] + 1)}–${count(seen[1] + 1)} of ${count(total)}`}
      </span>
      {answer && total > 0 && (
        <span className="status-sums muted tabular">
          {plural(answer.total_annotations, "annotation")} · {plural(answer.total_predictions, "prediction")}
        </span>
      )}
      {answer?.indexing && (
        <span
          className="badge badge-warn"
          role="status"
          title="The list looked at every task. Once the index is there, it comes at once."
        >
          <LoaderCircle size={12} className="status-spin" aria-hidden />
          An index for this list is being built
        </span>
      )}
      <nav className="status-pages" aria-label="Pages" hidden={total === 0}>
        <Button
          tone="quiet"
          icon={<ChevronFirst size={16} />}
          aria-label="First page"
          disabled={page <= 1 && seen[0] === 0}
          onClick={() => go(1)}
        />
        <Button
          tone="quiet"
          icon={<ChevronLeft size={16} />}
          aria-label="Previous page"
          disabled={page <= 1 && seen[0] === 0}
          onClick={() => go(seen[0] % TASK_PAGE === 0 ? page - 1 : page)}
        />
        <PageField key={page} page={page} pages={pages} onPage={go} />
        <Button
          tone="quiet"
          icon={<ChevronRight size={16} />}
          aria-label="Next page"
          disabled={page >= pages}
          onClick={() => go(page + 1)}
        />
        <Button
          tone="quiet"
          icon={<ChevronLast size={16} />}
          aria-label="Last page"
          disabled={page >= pages}
          onClick={() => go(pages)}
        />
      </nav>
    </footer>
  );
}

function PageField({ page, pages, onPage }: { page: number; pages: number; onPage: (page: number) => void }) {
  const [text, setText] = useState(String(page));
  const go = () => {
    const wanted = Math.round(Number(text));
    if (Number.isFinite(wanted) && wanted >= 1 && wanted !== page) onPage(wanted);
    else setText(String(page));
  };
  return (
    <label className="status-page tabular">
      Page
      <input
        className="input"
        inputMode="numeric"
        aria-label={`Page, of ${pages}`}
        value={text}
        onFocus={(event) => event.target.select()}
        onChange={(event) => setText(event.target.value.replace(/\D/g, ""))}
        onKeyDown={(event) => event.key === "Enter" && go()}
        onBlur={go}
      />
      of {count(pages)}
    </label>
  );
}
