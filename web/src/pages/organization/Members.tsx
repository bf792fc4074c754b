import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { UserMinus } from "lucide-react";
import { useState } from "react";
import type { Whoami } from "@/api/contract";
import { errorText } from "@/api/errors";
import {
  changeRole,
  listMembers,
  listOrganizations,
  type Member,
  type Role,
  removeMember,
  switchOrganization,
} from "@/api/people";
import { boot } from "@/app/boot";
import { Button } from "@/ui/Button";
import { SelectField } from "@/ui/Field";
import { plural } from "@/ui/format";
import { Removal } from "@/ui/Removal";
import { Failure, Loading } from "@/ui/States";
import { Time } from "@/ui/Time";
import { toast } from "@/ui/toast";
import { InviteLink } from "./InviteLink";
import { called, Person } from "./Person";
import { givable, nameOfRole, ROLES } from "./roles";
import "./organization.css";

const PAGE = 50;

/** Everybody in the organization with their roles, and the link by which others come. */
export function Members({ me, may }: { me: Whoami; may: (right: string) => boolean }) {
  const client = useQueryClient();
  const organization = me.active_organization ?? 0;
  const [page, setPage] = useState(1);
  const [doomed, setDoomed] = useState<Member | null>(null);
  const list = useQuery({
    queryKey: ["members", organization, page],
    queryFn: ({ signal }) => listMembers(organization, page, PAGE, signal),
    placeholderData: (before) => before,
  });
  const refresh = () => client.invalidateQueries({ queryKey: ["members"] });
  const change = useMutation({
    mutationFn: ({ member, role }: { member: Member; role: Role }) =>
      changeRole(organization, member.id, role),
    onSuccess: (_, { member, role }) => {
      const before = member.role;
      toast(`${called(member.user)}: ${nameOfRole(role)}`, {
        tone: "ok",
        action: { label: "Undo", run: () => change.mutate({ member: { ...member, role }, role: before }) },
      });
    },
    onError: (error) => toast(errorText(error), { tone: "danger" }),
    onSettled: refresh,
  });
  if (list.isError && !list.data) return <Failure error={list.error} retry={() => list.refetch()} />;
  if (!list.data) return <Loading rows={4} label="Loading members" />;
  const pages = Math.max(1, Math.ceil(list.data.count / PAGE));
  return (
    <div className="members">
      {boot.local && (
        <p className="notice">
          This installation has no accounts: whoever sits at this machine is the owner. The first person who
          signs up becomes the owner, and everybody signs in from then on.
        </p>
      )}
      <ActiveOrganization user={me.id} active={organization} />
      {may("organizations.invite") && <InviteLink />}
      <section className="stack" aria-labelledby="members-title">
        <h2 id="members-title">{plural(list.data.count, "member")}</h2>
        <div className="members-table">
          <table className="listing">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Role</th>
                <th scope="col">Last here</th>
                <th scope="col">
                  <span className="visually-hidden">Remove</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {list.data.results.map((member) => (
                <Row
                  key={member.id}
                  member={member}
                  self={member.id === me.id}
                  roles={may("users.change") ? givable(me.role ?? "", member.role) : []}
                  shown={
                    change.isPending && change.variables.member.id === member.id
                      ? change.variables.role
                      : member.role
                  }
                  onRole={(role) => change.mutate({ member, role })}
                  onRemove={() => setDoomed(member)}
                />
              ))}
            </tbody>
          </table>
        </div>
        {pages > 1 && (
          <nav className="row" aria-label="Pages of members">
            <Button disabled={page === 1} onClick={() => setPage(page - 1)}>
              Back
            </Button>
            <span className="muted tabular">
              Page {page} of {pages}
            </span>
            <Button disabled={page >= pages} onClick={() => setPage(page + 1)}>
              On
            </Button>
          </nav>
        )}
      </section>
      <section className="stack roles" aria-labelledby="roles-title">
        <h2 id="roles-title">What the roles may</h2>
        <dl>
          {ROLES.map(([role, name, text]) => (
            <div key={role}>
              <dt>{name}</dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
      </section>
      {doomed && (
        <Removal
          title={`Remove ${called(doomed.user)}?`}
          keep="Keep"
          act="Remove from the organization"
          done={`${called(doomed.user)} is no member any more`}
          remove={() => removeMember(organization, doomed.id)}
          onClose={() => setDoomed(null)}
          onDone={refresh}
        >
          <p>
            {doomed.user.email} cannot come in any more; sessions and tokens end, unless the account belongs
            to another organization too. What they made stays under their name. An invitation brings them
            back.
          </p>
        </Removal>
      )}
    </div>
  );
}

/** Where one works, for those who are members of several organizations. */
function ActiveOrganization({ user, active }: { user: number; active: number }) {
  const list = useQuery({
    queryKey: ["organizations"],
    queryFn: ({ signal }) => listOrganizations(signal),
  });
  const move = useMutation({
    mutationFn: (organization: number) => switchOrganization(user, organization),
    // A new page: nothing of the organization before may stay on the screen.
    onSuccess: () => location.assign("/projects"),
    onError: (error) => toast(errorText(error), { tone: "danger" }),
  });
  if (!list.data || list.data.length < 2) return null;
  return (
    <SelectField
      label="You work in"
      hint="Your other organizations stay as they are. Your tokens move along."
      value={String(move.isPending ? move.variables : active)}
      onChange={(value) => move.mutate(Number(value))}
      options={list.data.map(({ id, title }) => [String(id), title] as const)}
    />
  );
}

interface RowProps {
  member: Member;
  self: boolean;
  /** The roles that can be given; none: it is only shown. */
  roles: readonly Role[];
  shown: Role;
  onRole: (role: Role) => void;
  onRemove: () => void;
}

function Row({ member, self, roles, shown, onRole, onRemove }: RowProps) {
  const name = called(member.user);
  const changeable = roles.length > 0 && !self;
  return (
    <tr>
      <td>
        <Person user={member.user} self={self} />
      </td>
      <td>
        {changeable ? (
          <select
            className="input"
            aria-label={`Role of ${name}`}
            value={shown}
            onChange={(event) => onRole(event.target.value as Role)}
          >
            {roles.map((role) => (
              <option key={role} value={role}>
                {nameOfRole(role)}
              </option>
            ))}
          </select>
        ) : (
          nameOfRole(shown)
        )}
      </td>
      <td className="muted">
        <Time iso={member.user.last_activity} />
      </td>
      <td>
        {changeable && (
          <Button
            tone="quiet"
            icon={<UserMinus size={16} />}
            aria-label={`Remove ${name}`}
            title="Remove"
            onClick={onRemove}
          />
        )}
      </td>
    </tr>
  );
}
