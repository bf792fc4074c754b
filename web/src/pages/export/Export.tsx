import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useEffect, useState } from "react";
import { formatsQuery, projectQuery } from "@/api/queries";
import { Shell } from "@/app/Shell";
import { useCommands } from "@/app/useCommands";
import { Button, ButtonLink } from "@/ui/Button";
import { CheckField } from "@/ui/Field";
import { plural } from "@/ui/format";
import { Failure, Loading } from "@/ui/States";
import { toast } from "@/ui/toast";
import "./export.css";

export default function Export({ projectId }: { projectId: number }) {
  const project = useQuery(projectQuery(projectId));
  const formats = useQuery(formatsQuery(projectId));
  const [chosen, setChosen] = useState("JSON");
  const [all, setAll] = useState(false);
  useEffect(() => {
    document.title = "Export · Labelyard";
  }, []);
  const download = () => {
    const query = new URLSearchParams({ exportType: chosen, download_all_tasks: String(all) });
    // The browser streams the answer to disk; a link keeps the page and its state where they are.
    const link = document.createElement("a");
    link.href = `/api/projects/${projectId}/export?${query}`;
    link.download = "";
    link.click();
    toast(`Exporting as ${chosen}. The file appears in your downloads.`, { tone: "ok" });
  };
  useCommands([
    {
      id: "export:download",
      title: "Download the export",
      group: "Export",
      keys: "$mod+Enter",
      run: download,
    },
  ]);

  const ready = (formats.data ?? []).filter((format) => !format.disabled);
  const later = (formats.data ?? []).filter((format) => format.disabled);
  const annotated = project.data?.num_tasks_with_annotations ?? 0;
  const total = project.data?.task_number ?? 0;
  const tasks = all ? total : annotated;
  return (
    <Shell
      projectId={projectId}
      title={<h1>Export</h1>}
      actions={
        <Button tone="primary" icon={<Download size={16} />} onClick={download} disabled={tasks === 0}>
          Download {chosen}
        </Button>
      }
    >
      <div className="export">
        {formats.isError && <Failure error={formats.error} retry={() => formats.refetch()} />}
        {formats.isPending && <Loading rows={4} label="Loading formats" />}
        {formats.data && (
          <>
            <fieldset className="formats">
              <legend className="visually-hidden">Format</legend>
              {ready.map((format) => (
                <label key={format.name} className="card format">
                  <input
                    type="radio"
                    name="format"
                    className="tick"
                    checked={chosen === format.name}
                    onChange={() => setChosen(format.name)}
                  />
                  <span className="format-name">{format.title || format.name}</span>
                  <span className="format-text">{format.description}</span>
                </label>
              ))}
            </fieldset>
            <CheckField
              label="Include tasks without annotations"
              hint={
                total === annotated
                  ? "Every task of this project has an annotation."
                  : `${plural(total - annotated, "task has", "tasks have")} none yet.`
              }
              checked={all}
              onChange={setAll}
            />
            <p className="muted">
              {tasks === 0 ? (
                <>
                  Nothing to export yet: no task has an annotation.{" "}
                  <ButtonLink href={`/projects/${projectId}/label`}>Label the first task</ButtonLink>
                </>
              ) : (
                `The file will hold ${plural(tasks, "task")} with ${plural(project.data?.total_annotations_number ?? 0, "annotation")}.`
              )}
            </p>
            {later.length > 0 && (
              <details className="formats-later">
                <summary>{plural(later.length, "format")} not available for this project</summary>
                <ul>
                  {later.map((format) => (
                    <li key={format.name}>
                      <b>{format.title || format.name}</b> {format.description}
                    </li>
                  ))}
                </ul>
              </details>
            )}
          </>
        )}
      </div>
    </Shell>
  );
}
