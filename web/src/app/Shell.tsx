import { useQuery } from "@tanstack/react-query";
import {
  CircleUser,
  Command as CommandIcon,
  Database,
  Download,
  FolderKanban,
  Settings,
  Tag,
  Upload,
  Users,
} from "lucide-react";
import type { ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { projectQuery } from "@/api/queries";
import { boot } from "./boot";
import { commands } from "./commands";
import { setTheme, type Theme, useTheme } from "./theme";

interface ShellProps {
  title: ReactNode;
  actions?: ReactNode;
  /** The project this page belongs to, if any. */
  projectId?: number | undefined;
  /** The content fills the height and scrolls by itself. */
  full?: boolean;
  children: ReactNode;
}

/** Rail, top bar, content: the frame of every page but labeling. */
export function Shell({ title, actions, projectId, full, children }: ShellProps) {
  return (
    <div className="shell">
      <a className="skip-link" href="#content">
        Skip to content
      </a>
      <nav className="rail" aria-label="Main">
        <Link href="/projects" className="rail-brand">
          <img src="/static/favicon.svg" width={20} height={20} alt="" />
          Labelyard
        </Link>
        <RailLink href="/projects" icon={<FolderKanban size={16} />} exact>
          Projects
        </RailLink>
        <RailLink href="/organization" icon={<Users size={16} />}>
          Organization
        </RailLink>
        {projectId !== undefined && <ProjectRail id={projectId} />}
        <div className="rail-end">
          <button type="button" className="rail-link" onClick={() => run("app:palette")}>
            <CommandIcon size={16} aria-hidden />
            Commands
            <kbd>Ctrl K</kbd>
          </button>
          <RailLink href="/account" icon={<CircleUser size={16} />} exact>
            <span className="rail-clip">{boot.user?.email || "Account"}</span>
          </RailLink>
          <ThemeSelect />
        </div>
      </nav>
      <div className="main">
        <header className="topbar">
          <div className="topbar-title">{title}</div>
          {actions && <div className="topbar-actions">{actions}</div>}
        </header>
        <main id="content" className={full ? "content content-full" : "content"} tabIndex={-1}>
          {children}
        </main>
      </div>
    </div>
  );
}

export function run(id: string): void {
  commands
    .all()
    .find((item) => item.id === id)
    ?.run();
}

function ProjectRail({ id }: { id: number }) {
  const { data } = useQuery(projectQuery(id));
  const base = `/projects/${id}`;
  return (
    <section className="rail-section" aria-label="Project">
      <h2 className="rail-heading" title={data?.title}>
        {data?.title || `Project ${id}`}
      </h2>
      <RailLink href={`${base}/data`} icon={<Database size={16} />}>
        Data
      </RailLink>
      <RailLink href={`${base}/label`} icon={<Tag size={16} />}>
        Label
      </RailLink>
      <RailLink href={`${base}/import`} icon={<Upload size={16} />}>
        Import
      </RailLink>
      <RailLink href={`${base}/export`} icon={<Download size={16} />}>
        Export
      </RailLink>
      <RailLink href={`${base}/settings`} icon={<Settings size={16} />}>
        Settings
      </RailLink>
    </section>
  );
}

interface RailLinkProps {
  href: string;
  icon: ReactNode;
  exact?: boolean;
  children: ReactNode;
}

function RailLink({ href, icon, exact, children }: RailLinkProps) {
  const [location] = useLocation();
  const here = exact ? location === href : location === href || location.startsWith(`${href}/`);
  return (
    <Link href={href} className="rail-link" aria-current={here ? "page" : undefined}>
      {icon}
      {children}
    </Link>
  );
}

export function ThemeSelect() {
  const theme = useTheme();
  return (
    <label className="theme-select">
      <span>Theme</span>
      <select className="input" value={theme} onChange={(event) => setTheme(event.target.value as Theme)}>
        <option value="system">System</option>
        <option value="light">Light</option>
        <option value="dark">Dark</option>
      </select>
    </label>
  );
}
