import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { errorText } from "@/api/errors";
import { endOtherSessions, endSession, listSessions } from "@/api/people";
import { Button } from "@/ui/Button";
import { plural } from "@/ui/format";
import { Loading, Problems } from "@/ui/States";
import { Time } from "@/ui/Time";
import { toast } from "@/ui/toast";
import { browserOf } from "./browser";

/** Where one is signed in, each to be ended from here. */
export function Sessions() {
  const client = useQueryClient();
  const list = useQuery({ queryKey: ["sessions"], queryFn: ({ signal }) => listSessions(signal) });
  const refresh = () => client.invalidateQueries({ queryKey: ["sessions"] });
  const end = useMutation({
    mutationFn: endSession,
    onSuccess: () => toast("Signed out there"),
    onSettled: refresh,
  });
  const others = useMutation({
    mutationFn: endOtherSessions,
    onSuccess: () => toast("Signed out everywhere else"),
    onSettled: refresh,
  });
  const elsewhere = list.data?.filter((each) => !each.current).length ?? 0;
  const error = list.error ?? end.error ?? others.error;
  return (
    <section className="stack" aria-labelledby="sessions-title">
      <h2 id="sessions-title">Where you are signed in</h2>
      {list.isPending && <Loading rows={1} label="Loading sessions" />}
      {error && <Problems messages={[errorText(error)]} />}
      {list.data && (
        <ul className="card list">
          {list.data.map((each) => (
            <li key={each.id} className="row">
              <div className="grow">
                <p className="session-name" title={each.user_agent}>
                  {browserOf(each.user_agent)}
                  {each.current && <span className="badge badge-ok">This one</span>}
                </p>
                <p className="muted small">
                  Used <Time iso={each.last_seen_at} />, signed in <Time iso={each.created_at} />
                </p>
              </div>
              {!each.current && (
                <Button
                  aria-label={`Sign out of ${browserOf(each.user_agent)}`}
                  busy={end.isPending && end.variables === each.id}
                  onClick={() => end.mutate(each.id)}
                >
                  Sign out
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {elsewhere > 1 && (
        <div>
          <Button busy={others.isPending} onClick={() => others.mutate()}>
            Sign out of {plural(elsewhere, "other session")}
          </Button>
        </div>
      )}
    </section>
  );
}
