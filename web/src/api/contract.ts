/** Shapes of the REST API that this app reads, and the operations it calls. */

import type { Action, ActionBody, ActionField, View, ViewData } from "./views";

export interface UserRef {
  id: number;
  first_name: string;
  last_name: string;
  email: string;
  initials?: string;
  username?: string;
}

export interface Project {
  id: number;
  title: string;
  description: string;
  label_config: string;
  expert_instruction: string;
  show_instruction: boolean;
  show_skip_button: boolean;
  enable_empty_annotation: boolean;
  show_collab_predictions: boolean;
  maximum_annotations: number;
  sampling:
    | "Sequential sampling"
    | "Uniform sampling"
    | "Uncertainty sampling"
    | "Lowest score sampling"
    | "Highest score sampling";
  skip_queue: "REQUEUE_FOR_ME" | "REQUEUE_FOR_OTHERS" | "IGNORE_SKIPPED";
  model_version: string;
  evaluate_predictions_automatically: boolean;
  min_annotations_to_start_training: number;
  color: string;
  created_at: string;
  created_by?: UserRef | null;
  pinned_at?: string | null;
  task_number: number | null;
  finished_task_number: number | null;
  total_annotations_number: number | null;
  total_predictions_number: number | null;
  skipped_annotations_number: number | null;
  num_tasks_with_annotations: number | null;
  config_has_control_tags?: boolean;
  /** Others of the organization do not see it. */
  members_only?: boolean;
}

export type ResultItem = Record<string, unknown>;

export interface Annotation {
  id: number;
  result: ResultItem[];
  completed_by: number | UserRef | null;
  was_cancelled: boolean;
  ground_truth: boolean;
  created_at: string;
  updated_at: string;
  lead_time: number | null;
  task: number;
}

export interface Prediction {
  id: number;
  result: ResultItem[];
  model_version: string;
  score: number | null;
  created_at: string;
}

export interface Draft {
  id: number;
  result: ResultItem[];
  lead_time: number | null;
  annotation: number | null;
  updated_at: string;
}

export interface Task {
  id: number;
  data: Record<string, unknown>;
  meta?: Record<string, unknown>;
  inner_id: number;
  project: number;
  is_labeled: boolean;
  overlap: number;
  total_annotations: number;
  cancelled_annotations: number;
  total_predictions: number;
  created_at: string;
  updated_at: string;
  annotations?: Annotation[];
  predictions?: Prediction[];
  drafts?: Draft[];
  allow_skip?: boolean;
  queue?: string;
}

export interface TaskList {
  total: number;
  total_annotations: number;
  total_predictions: number;
  tasks: Task[];
  /** The list looked at every task: the index that it needs is still being made. */
  indexing?: boolean;
}

export interface PageOf<T> {
  count: number;
  next: string | null;
  previous: string | null;
  results: T[];
}

export interface Column {
  id: string;
  title: string;
  type: string;
  parent?: string | null;
  help?: string | null;
  schema?: { items: number[] };
}

export interface Template {
  title: string;
  group: string;
  config: string;
  details?: string;
  description?: string;
  type?: string;
  image?: string;
  sample?: Record<string, unknown>;
}

export interface ImportAnswer {
  task_count: number;
  annotation_count: number | null;
  prediction_count: number | null;
  duration: number;
  file_upload_ids: number[];
  found_formats: Record<string, number> | unknown[];
  data_columns?: string[];
  /** Set instead of the counts when the work goes on after the answer. */
  import?: number;
}

export interface ImportStatus {
  id: number;
  status: string;
  error: string | null;
  task_count: number;
  annotation_count: number;
  prediction_count: number;
  rows_read?: number;
  rows_accepted?: number;
  rows_rejected?: number;
  bytes_total?: number | null;
  bytes_read?: number | null;
  rate?: number | null;
  eta?: number | null;
  errors?: unknown[];
}

export interface ExportFormat {
  name: string;
  title: string;
  description: string;
  link?: string;
  tags?: string[];
  disabled?: boolean;
}

export interface Whoami extends UserRef {
  date_joined?: string;
  last_activity?: string;
  active_organization?: number | null;
  role?: string;
  permissions?: string[];
}

type Params<Path, Query, Header = never> = {
  parameters: { query?: Query; header?: Header; cookie?: never } & (Path extends undefined
    ? { path?: never }
    : { path: Path });
};
type Answer<R> = {
  responses: { 200: { headers: Record<string, unknown>; content: { "application/json": R } } };
};
type Read<R, Path = undefined, Query = never> = Params<Path, Query> & Answer<R> & { requestBody?: never };
type Write<R, Body, Path = undefined, Query = never, Header = never> = Params<Path, Query, Header> &
  Answer<R> & { requestBody: { content: { "application/json": Body } } };
type Id = { id: number };

export type ProjectFields = Partial<
  Pick<
    Project,
    | "title"
    | "description"
    | "label_config"
    | "expert_instruction"
    | "show_instruction"
    | "show_skip_button"
    | "enable_empty_annotation"
    | "show_collab_predictions"
    | "maximum_annotations"
    | "model_version"
    | "evaluate_predictions_automatically"
    | "min_annotations_to_start_training"
    | "sampling"
    | "skip_queue"
    | "color"
    | "members_only"
  >
>;

export interface AnnotationBody {
  result: ResultItem[];
  lead_time?: number;
  was_cancelled?: boolean;
  draft_id?: number;
  unique_id?: string;
  parent_prediction?: number;
}
export interface DraftBody {
  result: ResultItem[];
  lead_time?: number;
}
export interface SelectedItems {
  all: boolean;
  included?: number[];
  excluded?: number[];
}

export interface paths {
  "/api/projects": {
    get: Read<PageOf<Project>, undefined, { page?: number; page_size?: number; title?: string }>;
    post: Write<Project, ProjectFields>;
  };
  "/api/projects/{id}": {
    get: Read<Project, Id>;
    patch: Write<Project, ProjectFields, Id>;
    delete: Read<undefined, Id>;
  };
  "/api/projects/validate": { post: Write<undefined, { label_config: string }> };
  "/api/projects/{id}/validate": { post: Write<unknown, { label_config: string }, Id> };
  "/api/projects/{id}/sample-task": {
    post: Write<{ sample_task: Record<string, unknown> }, { label_config: string }, Id>;
  };
  "/api/projects/{id}/tasks": { delete: Read<undefined, Id> };
  "/api/templates": { get: Read<{ templates: Template[]; groups: string[] }> };
  "/api/projects/{id}/import": { post: Write<ImportAnswer, unknown, Id> };
  "/api/projects/{id}/imports/{importId}": { get: Read<ImportStatus, Id & { importId: number }> };
  "/api/tasks": {
    get: Read<
      TaskList,
      undefined,
      {
        project: number;
        page?: number;
        page_size?: number;
        fields?: "all" | "task_only";
        include?: string;
        query?: string;
        after?: number;
      }
    >;
  };
  "/api/dm/columns": { get: Read<{ columns: Column[] }, undefined, { project: number }> };
  "/api/dm/actions": {
    get: Read<Action[], undefined, { project: number }>;
    post: Write<
      { processed_items: number; detail: string; undo?: { deletion?: number } | null },
      ActionBody,
      undefined,
      { project: number; id: string; view?: number; exclude?: string }
    >;
  };
  "/api/dm/actions/{id}/form": {
    get: Read<{ columnCount: number; fields: ActionField[] }[], { id: string }, { project: number }>;
  };
  "/api/dm/views": {
    get: Read<View[], undefined, { project: number }>;
    post: Write<View, { project: number; data: ViewData; order?: number }>;
  };
  "/api/dm/views/order": { post: Write<undefined, { project: number; ids: number[] }> };
  "/api/dm/views/{id}": {
    patch: Write<View, { data: ViewData }, Id>;
    delete: Read<undefined, Id>;
  };
  "/api/projects/{id}/next": { get: Read<Task, Id, { exclude?: string }> };
  "/api/tasks/{id}": { get: Read<Task, Id>; delete: Read<undefined, Id> };
  "/api/tasks/{id}/lease": { post: Read<unknown, Id>; delete: Read<unknown, Id> };
  "/api/tasks/{id}/annotations": {
    get: Read<Annotation[], Id>;
    post: Write<Annotation, AnnotationBody, Id, { was_cancelled?: 1 }>;
  };
  "/api/annotations/{id}": {
    get: Read<Annotation, Id>;
    /** With `if-match`, the `updated_at` that was seen, over nobody else's change. */
    patch: Write<Annotation, AnnotationBody, Id, never, { "if-match"?: string }>;
    delete: Read<undefined, Id>;
  };
  "/api/annotations/{id}/convert-to-draft": { post: Read<Draft, Id> };
  "/api/tasks/{id}/drafts": { post: Write<Draft, DraftBody, Id> };
  "/api/tasks/{id}/annotations/{annotation}/drafts": {
    post: Write<Draft, DraftBody, Id & { annotation: number }>;
  };
  "/api/drafts/{id}": { patch: Write<Draft, DraftBody, Id>; delete: Read<undefined, Id> };
  "/api/projects/{id}/export/formats": { get: Read<ExportFormat[], Id> };
  "/api/current-user/whoami": { get: Read<Whoami> };
  "/api/current-user/token": { get: Read<{ token: string }> };
  "/api/current-user/reset-token": { post: Read<{ token: string }> };
  "/api/users": { get: Read<UserRef[]> };
  "/api/users/{id}": { patch: Write<UserRef, { first_name?: string; last_name?: string }, Id> };
  "/api/token": { get: Read<{ token: string }[]>; post: Read<{ token: string }> };
  "/api/token/rotate": { post: Write<{ refresh: string }, { refresh: string }> };
  "/api/token/blacklist": { post: Write<undefined, { refresh: string }> };
  "/api/jwt/settings": {
    get: Read<{ api_tokens_enabled: boolean; legacy_api_tokens_enabled: boolean }>;
    post: Write<unknown, { api_tokens_enabled: boolean; legacy_api_tokens_enabled: boolean }>;
  };
  "/api/version": { get: Read<{ release: string; edition: string }> };
}
