import type { Role } from "@/api/people";

/** Roles from the one that may least, with what each may. */
export const ROLES: readonly (readonly [role: Role, name: string, may: string])[] = [
  ["annotator", "Annotator", "labels; changes only their own annotations"],
  ["reviewer", "Reviewer", "also corrects what others labeled, and says which is the ground truth"],
  ["manager", "Manager", "also makes projects, imports, exports and deletes"],
  ["administrator", "Administrator", "also invites, changes roles and removes people"],
  ["owner", "Owner", "may everything, also with administrators and owners"],
];

const rank = (role: string) => ROLES.findIndex(([name]) => name === role);

export function nameOfRole(role: string): string {
  return ROLES.find(([key]) => key === role)?.[1] ?? role;
}

/** The roles that somebody may give to a member who has one now; empty where they may change nothing. */
export function givable(own: string, now: string): readonly Role[] {
  if (own === "owner") return ROLES.map(([role]) => role);
  if (own !== "administrator" || rank(now) >= rank(own)) return [];
  return ROLES.map(([role]) => role).filter((role) => rank(role) < rank(own));
}

interface Membership {
  user: { id: number };
  role: string;
}

/** Whether somebody has a role or more in a project: by its list, else by the organization; administrators everywhere. */
function atLeast(role: Role, me: { id: number; role?: string }, members: readonly Membership[]): boolean {
  const everywhere = rank(me.role ?? "") >= rank("administrator");
  const here = members.find(({ user }) => user.id === me.id)?.role ?? me.role ?? "";
  return everywhere || rank(here) >= rank(role);
}

export const managesProject = (me: { id: number; role?: string }, members: readonly Membership[]) =>
  atLeast("manager", me, members);

export const mayReview = (me: { id: number; role?: string }, members: readonly Membership[]) =>
  atLeast("reviewer", me, members);
