import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { errorText } from "@/api/errors";
import { type Invite, type Role, readInvite, replaceInvite } from "@/api/people";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { SelectField } from "@/ui/Field";
import { ago, exactTime } from "@/ui/format";
import { Secret } from "@/ui/Secret";
import { Loading, Problems } from "@/ui/States";
import { toast } from "@/ui/toast";
import { nameOfRole, ROLES } from "./roles";

const DAYS = [
  ["1", "after a day"],
  ["7", "after a week"],
  ["30", "after 30 days"],
  ["", "when it is replaced"],
] as const;

const address = (invite: Invite) => new URL(invite.invite_url, location.origin).href;
const isOver = (invite: Invite) => !!invite.expires_at && Date.parse(invite.expires_at) <= Date.now();

/** The link by which others make an account here; replacing it ends the one before. */
export function InviteLink() {
  const client = useQueryClient();
  const invite = useQuery({ queryKey: ["invite"], queryFn: ({ signal }) => readInvite(signal) });
  const [asking, setAsking] = useState(false);
  return (
    <section className="stack invite" aria-labelledby="invite-title">
      <h2 id="invite-title">Invite people</h2>
      {invite.isPending && <Loading rows={1} label="Loading the invitation" />}
      {invite.isError && <Problems messages={[errorText(invite.error)]} />}
      {invite.data && (
        <>
          {isOver(invite.data) ? (
            <p className="notice">The invitation link has ended. Make a new one to invite people.</p>
          ) : (
            <Secret value={address(invite.data)} label="Copy link" />
          )}
          <div className="row">
            <p className="muted grow">
              {isOver(invite.data) ? (
                "Nobody can come by the old one."
              ) : (
                <>
                  Whoever has it can make an account, as <b>{nameOfRole(invite.data.role)}</b>.{" "}
                  {invite.data.expires_at ? (
                    <span title={exactTime(invite.data.expires_at)}>
                      It ends {ago(invite.data.expires_at)}.
                    </span>
                  ) : (
                    "It works until it is replaced."
                  )}
                </>
              )}
            </p>
            <Button onClick={() => setAsking(true)}>New link…</Button>
          </div>
        </>
      )}
      {asking && (
        <NewLink
          onClose={() => setAsking(false)}
          onMade={(made) => {
            client.setQueryData(["invite"], made);
            setAsking(false);
            toast("New link made. The old one no longer works.", { tone: "ok" });
          }}
        />
      )}
    </section>
  );
}

function NewLink({ onClose, onMade }: { onClose: () => void; onMade: (made: Invite) => void }) {
  const [role, setRole] = useState<Role>("annotator");
  const [days, setDays] = useState("7");
  const make = useMutation({
    mutationFn: () => replaceInvite(role, days ? Number(days) : null),
    onSuccess: onMade,
  });
  return (
    <Dialog
      open
      title="New invitation link"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" busy={make.isPending} onClick={() => make.mutate()}>
            Make link
          </Button>
        </>
      }
    >
      <SelectField
        label="Who comes by it becomes"
        value={role}
        onChange={(value) => setRole(value as Role)}
        options={ROLES.slice(0, 3).map(([key, name]) => [key, name] as const)}
        hint={ROLES.find(([key]) => key === role)?.[2]}
      />
      <SelectField label="It ends" value={days} onChange={setDays} options={DAYS} />
      <p className="muted">The link of before stops working at once, for those who have not used it yet.</p>
      {make.isError && <Problems messages={[errorText(make.error)]} />}
    </Dialog>
  );
}
