import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useReducer, useRef } from "react";
import { useSearchParams } from "wouter";
import { api, bodyOf, csrfHeader } from "@/api/client";
import { ApiError, errorText } from "@/api/errors";
import { type View, type ViewData, viewsQuery } from "@/api/views";
import { toast } from "@/ui/toast";

const SAVE_MS = 500;
/** A project without views shows all tasks; this one is stored once it is changed. */
const UNSAVED = 0;

export interface Tabs {
  views: readonly View[];
  active: View;
  select: (id: number) => void;
  /** Changes the active view: here at once, on the server a moment later. */
  change: (data: ViewData) => void;
  /** Stores what has not been stored; the id that the active view has then, 0 when nothing is stored about it. */
  flush: () => Promise<number>;
  add: (data: ViewData) => Promise<View | null>;
  rename: (id: number, title: string) => void;
  move: (id: number, before: number | null) => void;
  remove: (id: number) => void;
}

/** The views of a project, which everybody in it shares. */
export function useTabs(projectId: number): { tabs: Tabs; query: ReturnType<typeof useViewsQuery> } {
  const client = useQueryClient();
  const query = useViewsQuery(projectId);
  const [search, setSearch] = useSearchParams();
  const unsaved: View = useMemo(
    () => ({ id: UNSAVED, data: { title: "All tasks" }, order: 0, user: null, project: projectId }),
    [projectId],
  );
  // The copy itself: what was changed here is there at once, observers hear of it a moment later.
  const [, showCopy] = useReducer((times: number) => times + 1, 0);
  const copy = client.getQueryData(viewsQuery(projectId).queryKey) ?? query.data;
  const views = copy?.length ? copy : [unsaved];
  const memory = `labelyard.tab.${projectId}`;
  const wanted = Number(search.get("tab") ?? sessionStorage.getItem(memory) ?? 0);
  const active = views.find((view) => view.id === wanted) ?? views[0] ?? unsaved;
  const latest = useRef<{ views: readonly View[]; active: View }>({ views, active });
  latest.current = { views, active };
  const saver = useSaver(projectId);

  useEffect(() => {
    if (query.data) sessionStorage.setItem(memory, String(active.id));
  }, [memory, active.id, query.data]);

  const put = (next: readonly View[]) => {
    void client.cancelQueries({ queryKey: ["views", projectId] });
    client.setQueryData(["views", projectId], [...next]);
    latest.current = { ...latest.current, views: next };
    showCopy();
  };
  const select = (id: number) => {
    setSearch(
      (before) => {
        before.set("tab", String(id));
        return before;
      },
      { replace: true },
    );
  };
  const patch = (id: number, data: ViewData) => {
    const next = latest.current.views.map((view) =>
      view.id === id ? { ...view, data: { ...view.data, ...data } } : view,
    );
    put(next);
    const view = next.find((each) => each.id === id);
    if (view) saver.later(view);
  };
  const failed = (what: string) => (error: unknown) => {
    toast(`${what} ${errorText(error)}`, { tone: "danger" });
    void client.invalidateQueries({ queryKey: ["views", projectId] });
  };
  const add = async (data: ViewData): Promise<View | null> => {
    try {
      if (latest.current.views[0]?.id === UNSAVED) {
        saver.later(latest.current.views[0]);
      }
      await saver.flush();
      const made = await bodyOf(api.POST("/api/dm/views", { body: { project: projectId, data } }));
      put([...latest.current.views.filter((view) => view.id !== UNSAVED), made]);
      select(made.id);
      return made;
    } catch (error) {
      failed("The view was not made.")(error);
      return null;
    }
  };
  const order = (ids: number[]) =>
    bodyOf(api.POST("/api/dm/views/order", { body: { project: projectId, ids }, parseAs: "text" }));

  const tabs: Tabs = {
    views,
    active,
    select,
    change: (data) => patch(latest.current.active.id, data),
    async flush() {
      await saver.flush();
      return latest.current.active.id;
    },
    add,
    rename: (id, title) => patch(id, { title }),
    move(id, before) {
      const view = views.find((each) => each.id === id);
      if (!view || id === before) return;
      const next = views.filter((each) => each.id !== id);
      const at = before === null ? next.length : next.findIndex((each) => each.id === before);
      next.splice(at < 0 ? next.length : at, 0, view);
      put(next);
      order(next.map((each) => each.id)).catch(failed("The views were not put in order."));
    },
    remove(id) {
      const view = views.find((each) => each.id === id);
      if (!view || id === UNSAVED) return;
      const ids = views.map((each) => each.id);
      const after = views[ids.indexOf(id) + 1] ?? views[ids.indexOf(id) - 1];
      put(views.filter((each) => each.id !== id));
      saver.forget(id);
      if (id === active.id) select(after?.id ?? UNSAVED);
      const gone = api.DELETE("/api/dm/views/{id}", { params: { path: { id } } });
      gone.catch(failed("The view was not deleted."));
      const undo = async () => {
        await gone;
        const made = await add(view.data);
        const place = made ? ids.map((each) => (each === id ? made.id : each)) : [];
        const there = new Set(latest.current.views.map((each) => each.id));
        const wantedOrder = place.filter((each) => there.has(each));
        if (!made || wantedOrder.length === 0) return;
        await order(wantedOrder);
        await client.invalidateQueries({ queryKey: ["views", projectId] });
      };
      toast(`View “${titleOf(view)}” deleted. Its tasks stay.`, {
        action: { label: "Undo", run: () => void undo().catch(failed("The view did not come back.")) },
      });
    },
  };
  return { tabs, query };
}

export const titleOf = (view: View) => view.data.title?.trim() || `View ${view.id || ""}`.trim();

function useViewsQuery(projectId: number) {
  return useQuery(viewsQuery(projectId));
}

/** Stores views a moment after they changed, the newest state only, and at the latest when the page is left. */
function useSaver(projectId: number) {
  const client = useQueryClient();
  const waiting = useRef(new Map<number, View>());
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const running = useRef<Promise<void>>(Promise.resolve());

  const saver = useMemo(() => {
    const store = async (view: View) => {
      try {
        if (view.id !== UNSAVED) {
          await api.PATCH("/api/dm/views/{id}", {
            params: { path: { id: view.id } },
            body: { data: view.data },
          });
          return;
        }
        const made = await bodyOf(
          api.POST("/api/dm/views", { body: { project: projectId, data: view.data } }),
        );
        // What was changed meanwhile counts.
        client.setQueryData(["views", projectId], (now: View[] | undefined) => {
          const mine = now?.find((each) => each.id === UNSAVED);
          const rest = (now ?? []).filter((each) => each.id !== UNSAVED);
          return [{ ...made, data: mine?.data ?? made.data }, ...rest];
        });
        const newer = waiting.current.get(UNSAVED);
        waiting.current.delete(UNSAVED);
        if (newer) waiting.current.set(made.id, { ...newer, id: made.id });
      } catch (error) {
        // What is wrong with a filter is said where the filter is.
        if (error instanceof ApiError && error.status === 400) return;
        toast(`The view was not saved. ${errorText(error)}`, { tone: "danger" });
      }
    };
    const flush = (): Promise<void> => {
      clearTimeout(timer.current);
      running.current = running.current.then(async () => {
        while (waiting.current.size > 0) {
          const [id, view] = [...waiting.current][0]!;
          waiting.current.delete(id);
          await store(view);
        }
      });
      return running.current;
    };
    return {
      flush,
      forget: (id: number) => waiting.current.delete(id),
      later(view: View) {
        waiting.current.set(view.id, view);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => void flush(), SAVE_MS);
      },
    };
  }, [client, projectId]);

  useEffect(() => {
    const leave = () => {
      for (const [id, view] of waiting.current) {
        if (id === UNSAVED) continue;
        void fetch(`/api/dm/views/${id}`, {
          method: "PATCH",
          keepalive: true,
          headers: { "Content-Type": "application/json", ...csrfHeader() },
          body: JSON.stringify({ data: view.data }),
        });
      }
      waiting.current.clear();
    };
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("pagehide", leave);
      void saver.flush();
    };
  }, [saver]);
  return saver;
}
