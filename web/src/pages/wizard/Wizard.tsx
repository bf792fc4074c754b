import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowLeft, Code } from "lucide-react";
import { type Dispatch, useEffect, useReducer, useState } from "react";
import { useLocation } from "wouter";
import { api, bodyOf } from "@/api/client";
import type { Template } from "@/api/contract";
import { ApiError, errorText } from "@/api/errors";
import { templatesQuery } from "@/api/queries";
import { Shell } from "@/app/Shell";
import { useCommands } from "@/app/useCommands";
import { ConfigStudio } from "@/config/ConfigStudio";
import { useConfigCheck } from "@/config/check";
import { configKind } from "@/pages/projects/kind";
import { Button, ButtonLink } from "@/ui/Button";
import { AreaField, TextField } from "@/ui/Field";
import { Failure, Loading, Problems } from "@/ui/States";
import { Steps } from "./Steps";
import { byGroup, START, titleProblem, type WizardAction, type WizardState, wizard } from "./wizard";
import "./wizard.css";

export default function Wizard() {
  const [state, send] = useReducer(wizard, START);
  const [, navigate] = useLocation();
  const client = useQueryClient();
  useEffect(() => {
    document.title = "New project · Labelyard";
  }, []);
  const create = useMutation({
    mutationFn: () =>
      bodyOf(
        api.POST("/api/projects", {
          body: {
            title: state.title.trim(),
            description: state.description.trim(),
            label_config: state.config,
          },
        }),
      ),
    onSuccess: (project) => {
      client.invalidateQueries({ queryKey: ["projects"] });
      navigate(`/projects/${project.id}/import?new=1`, { replace: true });
    },
  });
  const studio = state.step === "config" && !state.choosing;
  return (
    <Shell
      full={studio}
      title={
        <>
          <h1>New project</h1>
          <Steps current={state.step} />
        </>
      }
      actions={
        <WizardActions state={state} send={send} create={() => create.mutate()} busy={create.isPending} />
      }
    >
      {create.isError && (
        <div className={studio ? "wizard-error" : ""}>
          <Problems
            title="The project was not created"
            messages={create.error instanceof ApiError ? create.error.messages : [errorText(create.error)]}
          />
        </div>
      )}
      {state.step === "name" && <NameStep state={state} send={send} />}
      {state.step === "config" && state.choosing && <Gallery state={state} send={send} />}
      {studio && <ConfigStudio value={state.config} onChange={(config) => send({ do: "config", config })} />}
    </Shell>
  );
}

interface StepProps {
  state: WizardState;
  send: Dispatch<WizardAction>;
}

function WizardActions({ state, send, create, busy }: StepProps & { create: () => void; busy: boolean }) {
  const check = useConfigCheck(state.config);
  const ready =
    state.step === "name" ? titleProblem(state.title) === null : !state.choosing && check.state === "good";
  const forward = () => {
    if (!ready || busy) return;
    if (state.step === "name") send({ do: "next" });
    else create();
  };
  useCommands([
    { id: "wizard:next", title: "Next step", group: "New project", keys: "$mod+Enter", run: forward },
  ]);
  return (
    <>
      {state.step === "name" ? (
        <ButtonLink href="/projects" tone="quiet">
          Cancel
        </ButtonLink>
      ) : (
        <Button tone="quiet" icon={<ArrowLeft size={16} />} onClick={() => send({ do: "back" })}>
          Back
        </Button>
      )}
      {!(state.step === "config" && state.choosing) && (
        <Button tone="primary" disabled={!ready} busy={busy} onClick={forward}>
          {state.step === "name" ? "Next" : "Create project"}
        </Button>
      )}
    </>
  );
}

function NameStep({ state, send }: StepProps) {
  const [left, setLeft] = useState(false);
  const problem = titleProblem(state.title);
  return (
    <form
      className="wizard-form"
      onSubmit={(event) => {
        event.preventDefault();
        setLeft(true);
        send({ do: "next" });
      }}
    >
      <TextField
        label="Name"
        autoFocus
        value={state.title}
        placeholder="Support mails, first round"
        error={left && problem ? problem : undefined}
        hint="3 to 50 characters. You can change it later."
        onBlur={() => setLeft(state.title !== "")}
        onChange={(event) => send({ do: "title", title: event.target.value })}
      />
      <AreaField
        label="Description"
        hint="Optional. What the labels are for, for the people who make them."
        rows={3}
        value={state.description}
        onChange={(event) => send({ do: "description", description: event.target.value })}
      />
      <button type="submit" className="visually-hidden" tabIndex={-1}>
        Next
      </button>
    </form>
  );
}

function Gallery({ state, send }: StepProps) {
  const templates = useQuery(templatesQuery);
  if (templates.isError) return <Failure error={templates.error} retry={() => templates.refetch()} />;
  if (templates.isPending) return <Loading rows={6} label="Loading templates" />;
  return (
    <div className="gallery">
      <div className="gallery-head">
        <p className="muted">
          Choose what is closest to your task. You can change every part of it afterwards.
        </p>
        <Button icon={<Code size={16} />} onClick={() => send({ do: "blank" })}>
          {state.config ? "Keep editing" : "Write your own"}
        </Button>
      </div>
      {byGroup(templates.data.templates, templates.data.groups).map(([group, list]) => (
        <section key={group}>
          <h2>{group}</h2>
          <ul className="gallery-list">
            {list.map((template) => (
              <li key={template.title}>
                <TemplateCard
                  template={template}
                  chosen={state.template === template.title}
                  onChoose={() => send({ do: "template", template })}
                />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

interface TemplateCardProps {
  template: Template;
  chosen: boolean;
  onChoose: () => void;
}

function TemplateCard({ template, chosen, onChoose }: TemplateCardProps) {
  return (
    <button type="button" className="card template" aria-pressed={chosen} onClick={onChoose}>
      <span className="template-name">{template.title}</span>
      <span className="template-text">{template.description || template.details || ""}</span>
      <span className="template-tags">{configKind(template.config)}</span>
    </button>
  );
}
