import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { FolderKanban, Plus } from "lucide-react";
import { useDeferredValue, useEffect, useRef, useState } from "react";
import { Link } from "wouter";
import type { Project } from "@/api/contract";
import { projectsQuery } from "@/api/queries";
import { Shell } from "@/app/Shell";
import { useCommands } from "@/app/useCommands";
import { Button, ButtonLink } from "@/ui/Button";
import { count, plural, share } from "@/ui/format";
import { Progress } from "@/ui/Progress";
import { Empty, Failure, Loading } from "@/ui/States";
import { Time } from "@/ui/Time";
import { configKind } from "./kind";
import "./projects.css";

export default function Projects() {
  const [page, setPage] = useState(1);
  const [search, setSearch] = useState("");
  const title = useDeferredValue(search);
  const query = useQuery({ ...projectsQuery(page, title), placeholderData: keepPreviousData });
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = "Projects · Labelyard";
  }, []);
  useCommands([
    {
      id: "projects:search",
      title: "Search projects",
      group: "Projects",
      keys: "/",
      run: () => field.current?.focus(),
    },
  ]);
  const data = query.data;
  const none = data?.count === 0 && title === "";
  return (
    <Shell
      title={
        <>
          <h1>Projects</h1>
          {data && data.count > 0 && <span className="muted tabular">{count(data.count)}</span>}
        </>
      }
      actions={
        <>
          {!none && (
            <input
              ref={field}
              className="input projects-search"
              type="search"
              placeholder="Search  /"
              aria-label="Search projects"
              value={search}
              onChange={(event) => {
                setSearch(event.target.value);
                setPage(1);
              }}
            />
          )}
          <ButtonLink href="/projects/new" tone="primary" icon={<Plus size={16} />}>
            New project
          </ButtonLink>
        </>
      }
    >
      {query.isError && <Failure error={query.error} retry={() => query.refetch()} />}
      {query.isPending && <CardsLoading />}
      {none && <FirstProject />}
      {data && data.count === 0 && title !== "" && (
        <Empty
          title={`No project is called “${title}”`}
          actions={<Button onClick={() => setSearch("")}>Show all</Button>}
        />
      )}
      {data && data.count > 0 && (
        <>
          <ul className="cards">
            {data.results.map((project) => (
              <ProjectCard key={project.id} project={project} />
            ))}
          </ul>
          <Pager page={page} pages={Math.ceil(data.count / 60)} onPage={setPage} />
        </>
      )}
    </Shell>
  );
}

function ProjectCard({ project }: { project: Project }) {
  const total = project.task_number ?? 0;
  const done = project.finished_task_number ?? 0;
  const name = project.title || `Project ${project.id}`;
  return (
    <li className="card project-card">
      <div className="project-head">
        <Link href={`/projects/${project.id}/data`} className="project-name">
          {name}
        </Link>
        {total > 0 && done >= total && <span className="badge badge-ok">Done</span>}
      </div>
      <p className="project-text">{project.description || configKind(project.label_config)}</p>
      <div className="project-progress">
        <Progress value={share(done, total)} label={`Labeled tasks of ${name}`} />
        <div className="project-numbers">
          <span>{total === 0 ? "No tasks yet" : `${count(done)} of ${plural(total, "task")}`}</span>
          <span>{total > 0 && `${Math.floor(share(done, total) * 100)} %`}</span>
        </div>
      </div>
      <div className="project-foot">
        <span className="muted small">
          Created <Time iso={project.created_at} />
        </span>
        {total === 0 ? (
          <ButtonLink href={`/projects/${project.id}/import`} aria-label={`Import data into ${name}`}>
            Import
          </ButtonLink>
        ) : (
          <ButtonLink href={`/projects/${project.id}/label`} aria-label={`Label tasks of ${name}`}>
            Label
          </ButtonLink>
        )}
      </div>
    </li>
  );
}

function Pager({ page, pages, onPage }: { page: number; pages: number; onPage: (page: number) => void }) {
  if (pages <= 1) return null;
  return (
    <nav className="pager" aria-label="Pages">
      <Button disabled={page <= 1} onClick={() => onPage(page - 1)}>
        Previous
      </Button>
      <span className="muted tabular">
        Page {page} of {pages}
      </span>
      <Button disabled={page >= pages} onClick={() => onPage(page + 1)}>
        Next
      </Button>
    </nav>
  );
}

function CardsLoading() {
  return <Loading rows={4} label="Loading projects" />;
}

function FirstProject() {
  return (
    <Empty
      icon={<FolderKanban size={24} />}
      title="Start with a project"
      actions={
        <ButtonLink href="/projects/new" tone="primary" icon={<Plus size={16} />}>
          New project
        </ButtonLink>
      }
    >
      <p>
        A project holds your data, the question you ask about it and every answer. Three steps lead to the
        first label:
      </p>
      <ol className="first-steps">
        <li>
          <b>Name it</b> and choose how to label: classes, spans, boxes, audio regions.
        </li>
        <li>
          <b>Import data</b>: JSON, CSV, plain text, images or audio.
        </li>
        <li>
          <b>Label</b> task after task, then export the result in one file.
        </li>
      </ol>
    </Empty>
  );
}
