import { type ComponentType, lazy, useEffect, useRef } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { ButtonLink } from "@/ui/Button";
import { Empty } from "@/ui/States";
import { Shell } from "./Shell";
import { useCommands } from "./useCommands";

const Login = lazy(() => import("@/pages/auth/Auth").then((m) => ({ default: m.Login })));
const Signup = lazy(() => import("@/pages/auth/Auth").then((m) => ({ default: m.Signup })));
const Projects = lazy(() => import("@/pages/projects/Projects"));
const Wizard = lazy(() => import("@/pages/wizard/Wizard"));
const Data = lazy(() => import("@/pages/data/Data"));
const Import = lazy(() => import("@/pages/import/Import"));
const Stream = lazy(() => import("@/pages/labeling/Stream"));
const SingleTask = lazy(() => import("@/pages/labeling/SingleTask"));
const Export = lazy(() => import("@/pages/export/Export"));
const Settings = lazy(() => import("@/pages/settings/Settings"));
const Organization = lazy(() => import("@/pages/organization/Organization"));
const Account = lazy(() => import("@/pages/account/Account"));

export interface ProjectPageProps {
  projectId: number;
}

/** The address is the only state that says where one is; a trailing slash makes no difference. */
export function Routes() {
  const [location] = useLocation();
  useFocusAfterNavigation(location);
  if (location.length > 1 && location.endsWith("/")) {
    return <Redirect to={location.replace(/\/+$/, "") + window.location.search} replace />;
  }
  return (
    <Switch>
      <Route path="/user/login" component={Login} />
      <Route path="/user/signup" component={Signup} />
      <Route path="/">
        <Projects />
      </Route>
      <Route path="/projects">
        <Projects />
      </Route>
      <Route path="/projects/new" component={Wizard} />
      <Route path="/projects/:id/tasks/:task">
        {(params) => <Numbered page={SingleTask} id={params.id} task={params.task} />}
      </Route>
      <Route path="/projects/:id/label">{(params) => <Numbered page={Stream} id={params.id} />}</Route>
      <Route path="/projects/:id/import">{(params) => <Numbered page={Import} id={params.id} />}</Route>
      <Route path="/projects/:id/export">{(params) => <Numbered page={Export} id={params.id} />}</Route>
      <Route path="/projects/:id/settings/*?">
        {(params) => <Numbered page={Settings} id={params.id} />}
      </Route>
      <Route path="/projects/:id/data">{(params) => <Numbered page={Data} id={params.id} />}</Route>
      <Route path="/projects/:id">
        {(params) => <Redirect to={`/projects/${params.id}/data`} replace />}
      </Route>
      <Route path="/organization/*?" component={Organization} />
      <Route path="/account" component={Account} />
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}

/** The element that had the focus went away with its page: reading goes on at the new content. */
function useFocusAfterNavigation(location: string): void {
  const before = useRef(location);
  useEffect(() => {
    if (before.current === location) return;
    before.current = location;
    const timer = setTimeout(() => {
      if (document.activeElement === document.body) document.getElementById("content")?.focus();
    }, 60);
    return () => clearTimeout(timer);
  }, [location]);
}

interface NumberedProps {
  page: ComponentType<{ projectId: number; taskId: number }> | ComponentType<ProjectPageProps>;
  id: string;
  task?: string;
}

function Numbered({ page, id, task }: NumberedProps) {
  if (!/^\d{1,15}$/.test(id) || (task !== undefined && !/^\d{1,15}$/.test(task))) return <NotFound />;
  const Page = page as ComponentType<{ projectId: number; taskId: number }>;
  return (
    <>
      <ProjectCommands id={Number(id)} />
      <Page key={`${id}/${task ?? ""}`} projectId={Number(id)} taskId={Number(task ?? 0)} />
    </>
  );
}

function ProjectCommands({ id }: { id: number }) {
  const [, navigate] = useLocation();
  const go = (page: string) => () => navigate(`/projects/${id}/${page}`);
  useCommands([
    { id: "project:data", title: "Go to the data", group: "Project", keys: "g d", run: go("data") },
    { id: "project:label", title: "Label tasks", group: "Project", keys: "g l", run: go("label") },
    { id: "project:import", title: "Import data", group: "Project", keys: "g i", run: go("import") },
    { id: "project:export", title: "Export", group: "Project", keys: "g e", run: go("export") },
    { id: "project:settings", title: "Project settings", group: "Project", keys: "g s", run: go("settings") },
  ]);
  return null;
}

function NotFound() {
  useEffect(() => {
    document.title = "Not found · Labelyard";
  }, []);
  return (
    <Shell title={<h1>Not found</h1>}>
      <Empty title="There is no such page" actions={<ButtonLink href="/projects">All projects</ButtonLink>}>
        The address may have a typing error, or what it named was deleted.
      </Empty>
    </Shell>
  );
}
