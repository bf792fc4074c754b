import { useMutation, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { type Migration, migrate, tryMigration, type Usage } from "@/api/configs";
import type { Project } from "@/api/contract";
import { ApiError, errorText } from "@/api/errors";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { plural } from "@/ui/format";
import { Problems } from "@/ui/States";
import { ControlFate, LabelFate } from "./fates";
import { conditionsFor, type Fate, keyOf, lostControls, lostLabels, rulesOf, type Split } from "./losses";

interface MigrationDialogProps {
  project: Project;
  /** The set-up to come. */
  config: string;
  usage: Usage;
  onClose: () => void;
  onDone: (migration: Migration) => void;
}

const words = (error: unknown) => (error instanceof ApiError ? error.messages : [errorText(error)]);

/** Asks what becomes of each control and label that goes and is in use, counts what that does, and does it. */
export function MigrationDialog({ project, config, usage, onClose, onDone }: MigrationDialogProps) {
  const before = project.label_config;
  const [fates, setFates] = useState<Record<string, Fate>>({});
  const [labelFates, setLabelFates] = useState<Record<string, Fate | Split>>({});
  const controls = useMemo(() => lostControls(before, config, usage), [before, config, usage]);
  const labels = useMemo(() => lostLabels(before, config, usage, fates), [before, config, usage, fates]);
  const rules = rulesOf(config, { controls, labels }, { controls: fates, labels: labelFates });
  const trial = useQuery({
    queryKey: ["migration-trial", project.id, rules],
    queryFn: ({ signal }) =>
      tryMigration(project.id, rules ?? { label_config: "", controls: {}, labels: {} }, signal),
    enabled: rules !== null,
    placeholderData: (previous) => previous,
    retry: false,
    staleTime: 0,
  });
  const run = useMutation({
    mutationFn: () =>
      rules ? migrate(project.id, rules) : Promise.reject(new Error("Something is undecided.")),
    onSuccess: onDone,
  });
  const counted = rules !== null ? trial.data : undefined;
  const blocked = (counted?.problems.length ?? 0) > 0 || trial.isError;
  return (
    <Dialog
      open
      size="medium"
      title="What becomes of what is there?"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Back to the set-up</Button>
          <Button
            tone="primary"
            busy={run.isPending}
            disabled={!counted || blocked || trial.isFetching}
            onClick={() => run.mutate()}
          >
            Change set-up and annotations
          </Button>
        </>
      }
    >
      <p>
        Annotations use controls or labels that the new set-up does not have. Say what they become; drafts and
        predictions follow. It is one change, and can be undone.
      </p>
      <div className="fates">
        {controls.map((each) => (
          <ControlFate
            key={each.name}
            lost={each}
            fate={fates[each.name] ?? ""}
            onFate={(fate) => setFates((all) => ({ ...all, [each.name]: fate }))}
          />
        ))}
        {labels.map((each) => (
          <LabelFate
            key={keyOf(each)}
            lost={each}
            conditions={conditionsFor(before, each)}
            fate={labelFates[keyOf(each)] ?? ""}
            onFate={(fate) => setLabelFates((all) => ({ ...all, [keyOf(each)]: fate }))}
          />
        ))}
      </div>
      <div className="trial" role="status">
        {rules === null && <p className="muted">Decide about each to see what changes.</p>}
        {rules !== null && trial.isError && (
          <Problems title="This does not work" messages={words(trial.error)} />
        )}
        {rules !== null && !trial.isError && !counted && <p className="muted">Counting…</p>}
        {counted && !trial.isError && (
          <>
            <p className={trial.isFetching ? "muted" : ""}>
              <b>
                {counted.complete ? "" : "At least "}
                {plural(counted.annotations, "annotation")}
              </b>
              , {plural(counted.drafts, "draft")} and {plural(counted.predictions, "prediction")} change:{" "}
              {plural(counted.results_changed, "item")} rewritten,{" "}
              {counted.results_dropped > 0 ? (
                <b className="bad">{plural(counted.results_dropped, "item")} dropped</b>
              ) : (
                "none dropped"
              )}
              .
            </p>
            {counted.problems.length > 0 && (
              <Problems title="Still in use without a place" messages={counted.problems} />
            )}
          </>
        )}
      </div>
      {run.isError && <Problems title="Nothing was changed" messages={words(run.error)} />}
    </Dialog>
  );
}
