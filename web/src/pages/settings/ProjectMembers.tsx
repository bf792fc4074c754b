import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { UserMinus, UserPlus } from "lucide-react";
import { useState } from "react";
import { api, bodyOf } from "@/api/client";
import type { Project, UserRef, Whoami } from "@/api/contract";
import { errorText } from "@/api/errors";
import {
  addProjectMember,
  changeProjectRole,
  listMembers,
  listProjectMembers,
  type Member,
  type ProjectMember,
  type Role,
  removeProjectMember,
} from "@/api/people";
import { whoamiQuery } from "@/api/queries";
import { called, Person } from "@/pages/organization/Person";
import { managesProject, nameOfRole, ROLES } from "@/pages/organization/roles";
import "@/pages/organization/organization.css";
import { Button } from "@/ui/Button";
import { SelectField } from "@/ui/Field";

import { Failure, Loading } from "@/ui/States";
import { Time } from "@/ui/Time";
import { toast } from "@/ui/toast";

/** Roles that a project can give. */
const GIVEN = ROLES.slice(0, 3);
/** People of an organization who are offered to be added. */
const OFFERED = 1000;

/** Who may come into a project, and who has a role there that differs from the one in the organization. */
export function ProjectMembers({ project }: { project: Project }) {
  const me = useQuery(whoamiQuery);
  const list = useQuery({
    queryKey: ["project-members", project.id],
    queryFn: ({ signal }) => listProjectMembers(project.id, signal),
  });
  const failed = list.error ?? me.error;
  if (failed && !(list.data && me.data)) {
    return <Failure error={failed} retry={() => Promise.all([list.refetch(), me.refetch()])} />;
  }
  if (!list.data || !me.data) return <Loading rows={4} label="Loading members" />;
  return <Loaded project={project} me={me.data} members={list.data} />;
}

interface LoadedProps {
  project: Project;
  me: Whoami;
  members: readonly ProjectMember[];
}

function Loaded({ project, me, members }: LoadedProps) {
  const client = useQueryClient();
  const manages = managesProject(me, members);
  const refresh = () => client.invalidateQueries({ queryKey: ["project-members", project.id] });
  const failed = (error: unknown) => toast(errorText(error), { tone: "danger" });
  const add = useMutation({
    mutationFn: ({ user, role }: { user: UserRef; role: Role }) =>
      addProjectMember(project.id, user.id, role),
    onSuccess: (_, { user, role }) => toast(`${called(user)}: ${nameOfRole(role)}`, { tone: "ok" }),
    onError: failed,
    onSettled: refresh,
  });
  const change = useMutation({
    mutationFn: ({ member, role }: { member: ProjectMember; role: Role }) =>
      changeProjectRole(project.id, member.user.id, role),
    onSuccess: (_, { member, role }) => {
      const back = () => change.mutate({ member: { ...member, role }, role: member.role });
      toast(`${called(member.user)}: ${nameOfRole(role)}`, {
        tone: "ok",
        action: { label: "Undo", run: back },
      });
    },
    onError: failed,
    onSettled: refresh,
  });
  const remove = useMutation({
    mutationFn: (member: ProjectMember) => removeProjectMember(project.id, member.user.id),
    onSuccess: (_, member) => {
      const back = () => add.mutate({ user: member.user, role: member.role });
      toast(`${called(member.user)} has no role of their own here any more`, {
        action: { label: "Undo", run: back },
      });
    },
    onError: failed,
    onSettled: refresh,
  });
  return (
    <div className="members">
      <Access project={project} manages={manages} onChanged={refresh} />
      {manages && (
        <Adding members={members} me={me} busy={add.isPending} onAdd={(given) => add.mutateAsync(given)} />
      )}
      <section className="stack" aria-labelledby="project-members-title">
        <h2 id="project-members-title">Roles in this project</h2>
        {members.length === 0 ? (
          <p className="notice">
            Nobody has a role of their own here: each works with the role that they have in the organization.
            {manages &&
              " Add somebody to let an annotator manage this project, or a manager only label in it."}
          </p>
        ) : (
          <div className="members-table">
            <table className="listing">
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">Role here</th>
                  <th scope="col">Added</th>
                  <th scope="col">
                    <span className="visually-hidden">Remove</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {members.map((member) => (
                  <Row
                    key={member.user.id}
                    member={member}
                    self={member.user.id === me.id}
                    manages={manages}
                    shown={
                      change.isPending && change.variables.member.user.id === member.user.id
                        ? change.variables.role
                        : member.role
                    }
                    onRole={(role) => change.mutate({ member, role })}
                    onRemove={() => remove.mutate(member)}
                  />
                ))}
              </tbody>
            </table>
          </div>
        )}
        <p className="muted small">
          Administrators and owners of the organization are that in every project.
        </p>
      </section>
    </div>
  );
}

interface AccessProps {
  project: Project;
  manages: boolean;
  onChanged: () => void;
}

/** Open to the organization, or to the people in the list. */
function Access({ project, manages, onChanged }: AccessProps) {
  const client = useQueryClient();
  const close = useMutation({
    mutationFn: (only: boolean) =>
      bodyOf(
        api.PATCH("/api/projects/{id}", {
          params: { path: { id: project.id } },
          body: { members_only: only },
        }),
      ),
    onSuccess: (_, only) => {
      client.setQueryData(["project", project.id], (old: Project | undefined) =>
        old ? { ...old, members_only: only } : old,
      );
      toast(only ? "Only the people in the list come in now" : "Open to the whole organization now", {
        tone: "ok",
        action: { label: "Undo", run: () => close.mutate(!only) },
      });
      onChanged();
    },
    onError: (error) => toast(errorText(error), { tone: "danger" }),
  });
  const only = close.isPending ? close.variables : (project.members_only ?? false);
  const options = [
    [
      false,
      "Everybody in the organization",
      "with the role that they have there, or another in the list below",
    ],
    [true, "Only the people in the list", "the project does not exist for others; administrators see it"],
  ] as const;
  return (
    <fieldset className="stack access">
      <legend>Who comes in</legend>
      {options.map(([value, title, text]) => (
        <label key={title}>
          <input
            type="radio"
            name="members-only"
            className="tick"
            checked={only === value}
            disabled={!manages}
            onChange={() => close.mutate(value)}
          />
          <span>
            {title}: <span className="muted">{text}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

interface AddingProps {
  members: readonly ProjectMember[];
  me: Whoami;
  busy: boolean;
  onAdd: (given: { user: UserRef; role: Role }) => Promise<unknown>;
}

function Adding({ members, me, busy, onAdd }: AddingProps) {
  const organization = me.active_organization ?? 0;
  const people = useQuery({
    queryKey: ["members", organization, "all"],
    queryFn: ({ signal }) => listMembers(organization, 1, OFFERED, signal),
  });
  const [chosen, setChosen] = useState("");
  const [role, setRole] = useState<Role>("annotator");
  const inside = new Set(members.map(({ user }) => user.id));
  const offered = (people.data?.results ?? [])
    .filter((each) => !inside.has(each.id) && each.role !== "owner" && each.role !== "administrator")
    .sort((one, other) => called(one.user).localeCompare(called(other.user)));
  const user: Member["user"] | undefined = offered.find(({ id }) => String(id) === chosen)?.user;
  return (
    <form
      className="stack adding"
      aria-labelledby="adding-title"
      onSubmit={(event) => {
        event.preventDefault();
        if (user)
          onAdd({ user, role }).then(
            () => setChosen(""),
            () => undefined,
          );
      }}
    >
      <h2 id="adding-title">Give somebody a role</h2>
      <div className="adding-row">
        <SelectField
          label="Person"
          value={user ? chosen : ""}
          onChange={setChosen}
          options={[
            ["", people.isPending ? "Loading…" : offered.length ? "Choose a person" : "Nobody left to add"],
            ...offered.map(
              (each) =>
                [
                  String(each.id),
                  `${called(each.user)}${called(each.user) === each.user.email ? "" : ` (${each.user.email})`}, ${nameOfRole(each.role)}`,
                ] as const,
            ),
          ]}
        />
        <SelectField
          label="Role here"
          value={role}
          onChange={(value) => setRole(value as Role)}
          options={GIVEN.map(([key, name]) => [key, name] as const)}
        />
        <Button type="submit" tone="primary" icon={<UserPlus size={16} />} disabled={!user} busy={busy}>
          Add
        </Button>
      </div>
      <p className="muted small">
        {nameOfRole(role)}: {ROLES.find(([key]) => key === role)?.[2]}.
      </p>
    </form>
  );
}

interface RowProps {
  member: ProjectMember;
  self: boolean;
  manages: boolean;
  shown: Role;
  onRole: (role: Role) => void;
  onRemove: () => void;
}

function Row({ member, self, manages, shown, onRole, onRemove }: RowProps) {
  const name = called(member.user);
  return (
    <tr>
      <td>
        <Person user={member.user} self={self} />
      </td>
      <td>
        {manages ? (
          <select
            className="input"
            aria-label={`Role of ${name}`}
            value={shown}
            onChange={(event) => onRole(event.target.value as Role)}
          >
            {GIVEN.map(([role, title]) => (
              <option key={role} value={role}>
                {title}
              </option>
            ))}
          </select>
        ) : (
          nameOfRole(shown)
        )}
      </td>
      <td className="muted">
        <Time iso={member.created_at} />
      </td>
      <td>
        {manages && (
          <Button
            tone="quiet"
            icon={<UserMinus size={16} />}
            aria-label={`Remove ${name}`}
            title="Remove from the list"
            onClick={onRemove}
          />
        )}
      </td>
    </tr>
  );
}
