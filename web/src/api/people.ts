/** Members, invitations and sessions over the REST API: shapes, and one function for each thing that can be asked. */

import { send } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type Member = Schemas["ListedMember"];
export type MemberPage = Schemas["MemberPage"];
export type ProjectMember = Schemas["ProjectMember"];
export type OwnOrganization = Schemas["Organization"];
export type Role = Member["role"];
export type Invite = Schemas["Invite"];
export type SignedIn = Schemas["SignedIn"];

const json = (body: unknown): RequestInit => ({
  body: JSON.stringify(body),
  headers: { "Content-Type": "application/json" },
});
const member = (organization: number, user: number) =>
  `/api/organizations/${organization}/memberships/${user}`;

export const listMembers = (organization: number, page: number, size: number, signal?: AbortSignal) =>
  send<MemberPage>(
    "GET",
    `/api/organizations/${organization}/memberships?page=${page}&page_size=${size}`,
    signal ? { signal } : {},
  );

export const changeRole = (organization: number, user: number, role: Role) =>
  send<unknown>("PATCH", member(organization, user), json({ role }));

export const removeMember = (organization: number, user: number) =>
  send<void>("DELETE", member(organization, user));

export const readInvite = (signal?: AbortSignal) =>
  send<Invite>("GET", "/api/invite", signal ? { signal } : {});

/** A new link; the old one stops working. `days` null: it does not end by itself. */
export const replaceInvite = (role: Role, days: number | null) =>
  send<Invite>("POST", "/api/invite/reset-token", json({ role, expires_in_days: days }));

export const listSessions = (signal?: AbortSignal) =>
  send<SignedIn[]>("GET", "/api/current-user/sessions", signal ? { signal } : {});

export const endSession = (id: string) =>
  send<void>("DELETE", `/api/current-user/sessions/${encodeURIComponent(id)}`);

export const endOtherSessions = () => send<void>("DELETE", "/api/current-user/sessions");

export const changePassword = (current: string, next: string) =>
  send<void>("POST", "/api/current-user/password", json({ current_password: current, new_password: next }));

const inProject = (project: number, user?: number) =>
  `/api/projects/${project}/members${user === undefined ? "" : `/${user}`}`;

export const listProjectMembers = (project: number, signal?: AbortSignal) =>
  send<ProjectMember[]>("GET", inProject(project), signal ? { signal } : {});

export const addProjectMember = (project: number, user: number, role: Role) =>
  send<ProjectMember>("POST", inProject(project), json({ user, role }));

export const changeProjectRole = (project: number, user: number, role: Role) =>
  send<ProjectMember>("PATCH", inProject(project, user), json({ role }));

export const removeProjectMember = (project: number, user: number) =>
  send<void>("DELETE", inProject(project, user));

export const listOrganizations = (signal?: AbortSignal) =>
  send<OwnOrganization[]>("GET", "/api/organizations", signal ? { signal } : {});

export const acceptInvite = (token: string) =>
  send<OwnOrganization>("POST", "/api/invite/accept", json({ token }));

/** Work in another of the own organizations from now on: sessions and tokens move along. */
export const switchOrganization = (user: number, organization: number) =>
  send<unknown>("PATCH", `/api/users/${user}`, json({ active_organization: organization }));
