import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { useSearchParams } from "wouter";
import { projectQuery } from "@/api/queries";
import { Shell } from "@/app/Shell";
import { sampleData } from "@/config/sample";
import { Steps } from "@/pages/wizard/Steps";
import { ButtonLink } from "@/ui/Button";
import { plural } from "@/ui/format";
import { Failure } from "@/ui/States";
import { Importer } from "./Importer";

export default function Import({ projectId }: { projectId: number }) {
  const project = useQuery(projectQuery(projectId));
  const [search] = useSearchParams();
  const fresh = search.has("new");
  const config = project.data?.label_config ?? "";
  const keys = useMemo(() => (config ? Object.keys(sampleData(config)) : []), [config]);
  useEffect(() => {
    document.title = "Import · Labelyard";
  }, []);
  const total = project.data?.task_number ?? 0;
  return (
    <Shell
      projectId={projectId}
      title={
        <>
          <h1>{fresh ? "New project" : "Import"}</h1>
          {fresh && <Steps current="data" />}
        </>
      }
      actions={
        <>
          {total > 0 && <span className="muted tabular">{plural(total, "task")} in this project</span>}
          <ButtonLink href={`/projects/${projectId}/data`}>
            {fresh && total === 0 ? "Later" : "See the data"}
          </ButtonLink>
          {total > 0 && (
            <ButtonLink href={`/projects/${projectId}/label`} tone="primary">
              Start labeling
            </ButtonLink>
          )}
        </>
      }
    >
      {project.isError ? (
        <Failure error={project.error} retry={() => project.refetch()} />
      ) : (
        <div className="importing">
          <Importer projectId={projectId} dataKeys={keys} />
        </div>
      )}
    </Shell>
  );
}
