import { api, bodyOf, csrfHeader } from "@/api/client";
import type { Annotation, ResultItem, Task } from "@/api/contract";
import { ApiError } from "@/api/errors";
import type { ActionBody } from "@/api/views";
import { overtaken, saysTheSame } from "./conflict";
import type { DraftStore } from "./drafts";
import type { Seat } from "./seat";

/** Drafts of one sitting: beside the task, or beside the annotation that is being changed. */
export function draftStore(seat: Seat): DraftStore {
  const id = seat.task.id;
  const store: DraftStore = {
    create(result, lead_time) {
      const body = { result, lead_time };
      if (!seat.annotation)
        return bodyOf(api.POST("/api/tasks/{id}/drafts", { params: { path: { id } }, body }));
      const path = { id, annotation: seat.annotation.id };
      return bodyOf(api.POST("/api/tasks/{id}/annotations/{annotation}/drafts", { params: { path }, body }));
    },
    async update(draft, result, lead_time) {
      try {
        const params = { path: { id: draft } };
        return await bodyOf(api.PATCH("/api/drafts/{id}", { params, body: { result, lead_time } }));
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return store.create(result, lead_time);
        throw error;
      }
    },
  };
  return store;
}

/** Deletes a draft that nobody goes on with. One that is gone already, or stays, does no harm. */
export async function dropDraft(id: number | null): Promise<void> {
  if (id !== null) await api.DELETE("/api/drafts/{id}", { params: { path: { id } } }).catch(() => {});
}

export interface Submission {
  seat: Seat;
  result: ResultItem[];
  leadTime: number;
  draftId: number | null;
  skip: boolean;
}

/**
 * Creates or changes the annotation. A lost connection is tried again before it counts as failed. A change of an
 * annotation that somebody else has changed since it was loaded is refused (`overtaken` tells).
 */
export async function submit(work: Submission): Promise<Annotation> {
  // The same id at every try: an answer that got lost on its way must not make a second annotation.
  const uniqueId = uuid();
  for (let attempt = 0; ; attempt++) {
    try {
      return await send(work, uniqueId);
    } catch (error) {
      const theirs = overtaken(error);
      if (theirs && saysTheSame(work, theirs)) return theirs;
      if (error instanceof ApiError && error.status === 409 && attempt > 0 && !work.seat.annotation)
        return newest(work.seat.task.id);
      const silent = error instanceof ApiError && (error.status === 0 || error.status >= 502);
      if (!silent || attempt >= 2) throw error;
      await new Promise((done) => setTimeout(done, 800 * 2 ** attempt));
    }
  }
}

function send({ seat, result, leadTime, draftId, skip }: Submission, uniqueId: string): Promise<Annotation> {
  const body = { result, lead_time: leadTime, was_cancelled: skip };
  if (seat.annotation) {
    const params = { path: { id: seat.annotation.id }, header: { "if-match": seat.annotation.updated_at } };
    return bodyOf(api.PATCH("/api/annotations/{id}", { params, body }));
  }
  return bodyOf(
    api.POST("/api/tasks/{id}/annotations", {
      params: { path: { id: seat.task.id }, ...(skip ? { query: { was_cancelled: 1 } } : {}) },
      body: {
        ...body,
        unique_id: uniqueId,
        ...(draftId === null ? {} : { draft_id: draftId }),
        ...(seat.prediction ? { parent_prediction: seat.prediction.id } : {}),
      },
    }),
  );
}

async function newest(task: number): Promise<Annotation> {
  const list = await bodyOf(api.GET("/api/tasks/{id}/annotations", { params: { path: { id: task } } }));
  const last = list.reduce<Annotation | null>(
    (best, item) => (best && best.id > item.id ? best : item),
    null,
  );
  if (!last) throw new ApiError(409, ["The answer may not have been saved. Open the task again to check."]);
  return last;
}

/** `crypto.randomUUID` exists only on https and localhost; installations on a local network use neither. */
export function uuid(): string {
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = ((b[6] ?? 0) & 0x0f) | 0x40;
  b[8] = ((b[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(b, (value) => value.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Where the next task comes from: the project's queue, or a list of the data manager. */
export interface Source {
  project: number;
  /** A stored view whose filters and order count. */
  view?: number | undefined;
  /** The list itself, which wins over the view's. */
  list?: ActionBody | undefined;
}

/** The next task that is not among `held`; null when nothing is left. */
export async function fetchNext({ project, view, list }: Source, held: readonly number[]) {
  const exclude = held.length ? { exclude: held.join(",") } : {};
  try {
    if (view === undefined && list === undefined) {
      const params = { path: { id: project }, query: exclude };
      const task = await bodyOf(api.GET("/api/projects/{id}/next", { params }));
      return held.includes(task.id) ? null : task;
    }
    const query = { project, id: "next_task", ...(list || !view ? {} : { view }), ...exclude };
    const answer = await bodyOf(api.POST("/api/dm/actions", { params: { query }, body: list ?? {} }));
    return answer as unknown as Task;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

/** Tells the queue that the person still works on the task. Losing this call costs nothing. */
export function renewLease(task: number): void {
  void fetch(`/api/tasks/${task}/lease`, { method: "POST", headers: csrfHeader() }).catch(() => {});
}

/** Gives a task back to the queue, also while the page is being closed. */
export function releaseLease(task: number): void {
  void fetch(`/api/tasks/${task}/lease`, { method: "DELETE", keepalive: true, headers: csrfHeader() }).catch(
    () => {},
  );
}
