import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleX, LoaderCircle } from "lucide-react";
import { lazy, Suspense, useDeferredValue, useMemo, useState } from "react";
import { api, bodyOf } from "@/api/client";
import { EditorHost } from "@/pages/labeling/EditorHost";
import { Loading } from "@/ui/States";
import { type ConfigCheck, type ConfigOwner, useConfigCheck } from "./check";
import { sampleData } from "./sample";
import "./config.css";

const CodeEditor = lazy(() => import("./CodeEditor"));

interface StudioProps {
  value: string;
  onChange: (value: string) => void;
  owner?: ConfigOwner;
}

/** The set-up as XML on the left, with the server's objections at their lines; what it looks like on the right. */
export function ConfigStudio({ value, onChange, owner }: StudioProps) {
  const check = useConfigCheck(value, owner);
  return (
    <div className="studio">
      <section className="studio-code" aria-label="Labeling set-up">
        <div className="studio-editor">
          <Suspense fallback={<Loading rows={6} label="Loading the code editor" />}>
            <CodeEditor
              value={value}
              onChange={onChange}
              problems={check.problems}
              label="Labeling set-up, XML"
            />
          </Suspense>
        </div>
        <CheckReport check={check} />
      </section>
      <Preview check={check} {...(owner ? { projectId: owner.id } : {})} />
    </div>
  );
}

function CheckReport({ check }: { check: ConfigCheck }) {
  return (
    <div className="studio-report" role="status">
      {check.state === "checking" && (
        <p className="muted row">
          <LoaderCircle size={16} aria-hidden /> Checking
        </p>
      )}
      {check.state === "good" && (
        <p className="studio-good row">
          <CircleCheck size={16} aria-hidden /> Valid
        </p>
      )}
      {(check.state === "bad" || check.state === "unknown") && (
        <ul className="studio-problems">
          {check.problems.map((problem) => (
            <li key={`${problem.line}${problem.message}`}>
              <CircleX size={16} aria-hidden />
              <span>{problem.message}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Preview({ check, projectId }: { check: ConfigCheck; projectId?: number }) {
  // The last valid set-up stays on show while a new one is half typed.
  const [shown, setShown] = useState("");
  if (check.state === "good" && check.config !== shown) setShown(check.config);
  const config = useDeferredValue(shown);
  const local = useMemo(() => sampleData(config), [config]);
  const sample = useQuery({
    queryKey: ["sample-task", projectId, config],
    enabled: projectId !== undefined && config !== "",
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () =>
      bodyOf(
        api.POST("/api/projects/{id}/sample-task", {
          params: { path: { id: projectId as number } },
          body: { label_config: config },
        }),
      ),
  });
  const data = projectId === undefined || sample.isError ? local : sample.data?.sample_task;
  return (
    <section className="studio-preview" aria-label="Preview">
      <h2 className="studio-caption">Preview with example data</h2>
      <div className="studio-stage">
        {config && data ? (
          <EditorHost key={config} config={config} task={{ id: 0, data }} hotkeys={false} />
        ) : (
          <p className="muted">The preview appears once the set-up is valid.</p>
        )}
      </div>
    </section>
  );
}
