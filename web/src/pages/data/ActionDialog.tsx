import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, bodyOf } from "@/api/client";
import type { SelectedItems } from "@/api/contract";
import { ApiError, errorText } from "@/api/errors";
import { listParams } from "@/api/queries";
import { type Action, type ActionField, actionFormQuery, type ListSpec, listBody } from "@/api/views";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { SelectField, TextField } from "@/ui/Field";
import { plural } from "@/ui/format";
import { Problems } from "@/ui/States";

/** What is about to be done, and to which tasks. */
export interface Plan {
  action: Action;
  items: SelectedItems;
  /** How many tasks that are. */
  number: number;
}

interface ActionDialogProps {
  projectId: number;
  list: ListSpec;
  plan: Plan | null;
  onClose: () => void;
  /** Called in place of the request, where the page does it in its own way. */
  instead: ((plan: Plan) => boolean) | undefined;
  onDone: (detail: string) => void;
}

/** Says what will happen to how much, asks for what the action needs, and does it. */
export function ActionDialog({ plan, ...props }: ActionDialogProps) {
  return (
    <Dialog open={plan !== null} onClose={props.onClose} title={plan ? headline(plan) : "Action"}>
      {plan && <Confirmation key={plan.action.id} plan={plan} {...props} />}
    </Dialog>
  );
}

function headline({ action, number }: Plan): string {
  if (action.id === "delete_tasks") return `Delete ${plural(number, "task")}?`;
  return action.dialog.title || action.title;
}

function Confirmation({
  projectId,
  list,
  plan,
  onClose,
  instead,
  onDone,
}: ActionDialogProps & { plan: Plan }) {
  const { action, items, number } = plan;
  const form = useQuery(actionFormQuery(projectId, action.id));
  const fields = (form.data ?? []).flatMap((group) => group.fields);
  const [values, setValues] = useState<Record<string, string>>({});
  // What hangs on the tasks, from the list itself: its sums are those of everything that is selected.
  const sums = useQuery({
    queryKey: ["tasks", projectId, "sums", JSON.stringify(listParams(list, "", items))],
    queryFn: ({ signal }) =>
      bodyOf(
        api.GET("/api/tasks", {
          params: {
            query: { project: projectId, page_size: 1, ...listParams(list, "", items), include: "id" },
          },
          signal,
        }),
      ),
    staleTime: 0,
  });
  const run = useMutation({
    mutationFn: () =>
      bodyOf(
        api.POST("/api/dm/actions", {
          params: { query: { project: projectId, id: action.id } },
          body: { ...listBody(list), selectedItems: items, ...given(fields, values) },
        }),
      ),
    onSuccess: (answer) => {
      onDone(answer.detail);
      onClose();
    },
  });
  const destroys = action.id.startsWith("delete") || action.id.startsWith("remove");
  const confirm = () => {
    if (instead?.(plan)) onClose();
    else run.mutate();
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (!run.isPending) confirm();
      }}
    >
      <p>
        <strong className="tabular">{plural(number, "task")}</strong>
        {sums.data ? (
          <span className="tabular">
            {" "}
            with {plural(sums.data.total_annotations, "annotation")} and{" "}
            {plural(sums.data.total_predictions, "prediction")}
          </span>
        ) : (
          <span className="muted"> {sums.isError ? "" : "with … annotations and … predictions"}</span>
        )}
        .
      </p>
      <p className="muted">
        {action.id === "delete_tasks"
          ? "They go with everything on them. The message that follows brings them back; so does the danger zone of the settings, for some days."
          : action.dialog.text}
      </p>
      {fields.map((field) => (
        <FormField
          key={field.name}
          field={field}
          value={values[field.name] ?? startOf(field)}
          onChange={(value) => setValues((before) => ({ ...before, [field.name]: value }))}
        />
      ))}
      {run.isError && <Problems title="Nothing was done" messages={messagesOf(run.error)} />}
      <div className="row row-end">
        <Button onClick={onClose}>Cancel</Button>
        <Button
          type="submit"
          tone={destroys ? "danger" : "primary"}
          busy={run.isPending}
          disabled={form.isPending || number === 0}
          data-autofocus
        >
          {action.id === "delete_tasks" ? `Delete ${plural(number, "task")}` : action.title}
        </Button>
      </div>
    </form>
  );
}

function startOf(field: ActionField): string {
  return field.value ?? "";
}

function given(
  fields: readonly ActionField[],
  values: Readonly<Record<string, string>>,
): Record<string, string> {
  const pairs = fields.map((field) => [field.name, values[field.name] ?? startOf(field)] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value !== ""));
}

function FormField(props: { field: ActionField; value: string; onChange: (value: string) => void }) {
  const { field, value, onChange } = props;
  const label = field.label ?? field.name;
  if (field.type !== "select")
    return <TextField label={label} value={value} onChange={(event) => onChange(event.target.value)} />;
  const options = (field.options ?? []).map((option) =>
    typeof option === "string" ? ([option, option] as const) : ([option.value, option.label] as const),
  );
  const all =
    value === "" || field.placeholder ? [["", field.placeholder ?? "All"] as const, ...options] : options;
  return <SelectField label={label} value={value} onChange={onChange} options={all} />;
}

function messagesOf(error: unknown): readonly string[] {
  if (error instanceof ApiError && error.status === 503)
    return ["It takes longer than a request waits. It goes on; reload the page later to see the outcome."];
  return error instanceof ApiError ? error.messages : [errorText(error)];
}
