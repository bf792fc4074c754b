import { useMutation, useQueryClient } from "@tanstack/react-query";
import { History } from "lucide-react";
import { useState } from "react";
import { api, bodyOf } from "@/api/client";
import {
  type ConfigVersionText,
  type Migration,
  readUsage,
  restoreConfig,
  type Usage,
  undoMigration,
} from "@/api/configs";
import type { Project } from "@/api/contract";
import { ApiError, errorText } from "@/api/errors";
import { ConfigStudio } from "@/config/ConfigStudio";
import { Button } from "@/ui/Button";
import { Problems } from "@/ui/States";
import { toast } from "@/ui/toast";
import { lostControls, lostLabels } from "./losses";
import { MigrationDialog } from "./MigrationDialog";
import { VersionsDialog } from "./VersionsDialog";
import "@/pages/labeling/history.css";

/** A set-up that takes away what annotations use; it waits for a decision about that. */
interface Conflict {
  config: string;
  usage: Usage;
}

/** The labeling set-up: edited, with its versions, and with what becomes of annotations where it takes names away. */
export function Labeling({ project }: { project: Project }) {
  const client = useQueryClient();
  const [config, setConfig] = useState(project.label_config);
  const [versions, setVersions] = useState(false);
  const [conflict, setConflict] = useState<Conflict | null>(null);

  /** The project as it is now, everywhere; the editor follows. */
  const refresh = async () => {
    await client.refetchQueries({ queryKey: ["project", project.id] });
    const fresh = client.getQueryData<Project>(["project", project.id]);
    if (fresh) setConfig(fresh.label_config);
    for (const key of ["projects"]) void client.invalidateQueries({ queryKey: [key] });
    for (const key of ["columns", "tasks", "config-versions", "config-migrations"])
      void client.invalidateQueries({ queryKey: [key, project.id] });
    void client.invalidateQueries({ queryKey: ["task"] });
  };
  /** Whether names that are in use would go: then the dialog asks about them first. */
  const takesAway = async (next: string): Promise<boolean> => {
    const usage = await readUsage(project.id);
    const controls = lostControls(project.label_config, next, usage);
    const labels = lostLabels(project.label_config, next, usage, {});
    if (controls.length + labels.length === 0) return false;
    setConflict({ config: next, usage });
    return true;
  };
  const save = useMutation({
    mutationFn: async () => {
      if (await takesAway(config)) return false;
      const params = { path: { id: project.id } };
      await bodyOf(api.PATCH("/api/projects/{id}", { params, body: { label_config: config } }));
      return true;
    },
    onSuccess: async (saved) => {
      if (!saved) return;
      toast("Labeling set-up saved", { tone: "ok" });
      await refresh();
    },
  });
  const restore = useMutation({
    mutationFn: async (version: ConfigVersionText) => {
      setVersions(false);
      if (await takesAway(version.label_config)) return false;
      await restoreConfig(project.id, version.version);
      return true;
    },
    onSuccess: async (restored, { version }) => {
      if (!restored) return;
      const before = project.label_config;
      const back = async () => {
        try {
          const params = { path: { id: project.id } };
          await api.PATCH("/api/projects/{id}", { params, body: { label_config: before } });
          await refresh();
        } catch (error) {
          toast(errorText(error), { tone: "danger" });
        }
      };
      toast(`Version ${version} restored`, { tone: "ok", action: { label: "Undo", run: () => void back() } });
      await refresh();
    },
    onError: (error) => toast(errorText(error), { tone: "danger" }),
  });
  const migrated = async (migration: Migration) => {
    setConflict(null);
    const back = async () => {
      try {
        await undoMigration(project.id, migration.id);
        toast("Set-up and annotations are as before", { tone: "ok" });
        await refresh();
      } catch (error) {
        toast(`Not undone. ${errorText(error)}`, { tone: "danger" });
      }
    };
    toast("Set-up and annotations changed", {
      tone: "ok",
      duration: 12_000,
      action: { label: "Undo", run: () => void back() },
    });
    await refresh();
  };
  return (
    <>
      <div className="labeling-bar">
        <p className="muted grow">
          Labels and controls can be added at any time; what annotations use is asked about before it goes.
        </p>
        <Button icon={<History size={16} />} onClick={() => setVersions(true)}>
          Versions
        </Button>
        {config !== project.label_config && (
          <Button tone="quiet" onClick={() => setConfig(project.label_config)}>
            Discard changes
          </Button>
        )}
        <Button
          tone="primary"
          disabled={config === project.label_config}
          busy={save.isPending}
          onClick={() => save.mutate()}
        >
          Save
        </Button>
      </div>
      {save.isError && (
        <div className="labeling-bar">
          <Problems
            title="Not saved"
            messages={save.error instanceof ApiError ? save.error.messages : [errorText(save.error)]}
          />
        </div>
      )}
      <ConfigStudio
        value={config}
        onChange={setConfig}
        owner={{ id: project.id, stored: project.label_config }}
      />
      {versions && (
        <VersionsDialog
          project={project}
          onClose={() => setVersions(false)}
          onRestore={(version) => restore.mutate(version)}
          onUndone={() => {
            setVersions(false);
            toast("Set-up and annotations are as before the migration", { tone: "ok" });
            void refresh();
          }}
        />
      )}
      {conflict && (
        <MigrationDialog
          project={project}
          {...conflict}
          onClose={() => setConflict(null)}
          onDone={(migration) => void migrated(migration)}
        />
      )}
    </>
  );
}
