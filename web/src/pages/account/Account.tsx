import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, LogOut } from "lucide-react";
import { useEffect, useState } from "react";
import { api, bodyOf } from "@/api/client";
import { ApiError, errorText } from "@/api/errors";
import { whoamiQuery } from "@/api/queries";
import { boot } from "@/app/boot";
import { Shell } from "@/app/Shell";
import { Button } from "@/ui/Button";
import { TextField } from "@/ui/Field";
import { Secret } from "@/ui/Secret";
import { Failure, Loading, Problems } from "@/ui/States";
import { toast } from "@/ui/toast";
import { Password } from "./Password";
import { Sessions } from "./Sessions";
import "./account.css";

export default function Account() {
  const me = useQuery(whoamiQuery);
  useEffect(() => {
    document.title = "Account · Labelyard";
  }, []);
  return (
    <Shell
      title={<h1>Account</h1>}
      actions={
        boot.local ? undefined : (
          <a className="button button-plain" href="/logout">
            <LogOut size={16} aria-hidden />
            Sign out
          </a>
        )
      }
    >
      <div className="account">
        {me.isError && <Failure error={me.error} retry={() => me.refetch()} />}
        {me.isPending && <Loading rows={4} />}
        {me.data && (
          <>
            {boot.local && (
              <p className="notice">
                This installation has no accounts: whoever sits at this machine is the owner and needs no
                password.
              </p>
            )}
            <Profile me={me.data} />
            {!boot.local && <Password />}
            <PersonalToken />
            <LegacyToken />
            {!boot.local && <Sessions />}
            <p className="muted small">Labelyard {boot.version}</p>
          </>
        )}
      </div>
    </Shell>
  );
}

function Profile({ me }: { me: { id: number; email: string; first_name: string; last_name: string } }) {
  const client = useQueryClient();
  const [first, setFirst] = useState(me.first_name ?? "");
  const [last, setLast] = useState(me.last_name ?? "");
  const save = useMutation({
    mutationFn: () =>
      bodyOf(
        api.PATCH("/api/users/{id}", {
          params: { path: { id: me.id } },
          body: { first_name: first, last_name: last },
        }),
      ),
    onSuccess: () => {
      toast("Profile saved", { tone: "ok" });
      client.invalidateQueries({ queryKey: ["whoami"] });
    },
  });
  const changed = first !== (me.first_name ?? "") || last !== (me.last_name ?? "");
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <h2>Profile</h2>
      <p className="muted">{me.email}</p>
      <div className="account-names">
        <TextField
          label="First name"
          value={first}
          autoComplete="given-name"
          onChange={(e) => setFirst(e.target.value)}
        />
        <TextField
          label="Last name"
          value={last}
          autoComplete="family-name"
          onChange={(e) => setLast(e.target.value)}
        />
      </div>
      {save.isError && <Problems messages={[errorText(save.error)]} />}
      <div>
        <Button type="submit" tone="primary" disabled={!changed} busy={save.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}

/** A long-lived key for scripts; the server stores no copy that could be shown again. */
function PersonalToken() {
  const client = useQueryClient();
  const tokens = useQuery({ queryKey: ["tokens"], queryFn: () => bodyOf(api.GET("/api/token")) });
  const [fresh, setFresh] = useState<string | null>(null);
  const done = (token: string | null) => {
    setFresh(token);
    client.invalidateQueries({ queryKey: ["tokens"] });
  };
  const create = useMutation({
    mutationFn: () => bodyOf(api.POST("/api/token", {})),
    onSuccess: (answer) => done(answer.token),
  });
  const revoke = useMutation({
    mutationFn: (refresh: string) => bodyOf(api.POST("/api/token/blacklist", { body: { refresh } })),
    onSuccess: () => {
      done(null);
      toast("Token revoked. Scripts that use it are refused from now on.");
    },
  });
  const existing = tokens.data?.[0]?.token;
  return (
    <section className="stack">
      <h2>Personal access token</h2>
      <p className="muted">
        For scripts and the SDK. It acts as you, so keep it like a password; it is shown once, when it is
        made.
      </p>
      {fresh && <Secret value={fresh} note="Copy it now: it cannot be shown again." />}
      {!fresh && existing && (
        <div className="secret">
          <KeyRound size={16} aria-hidden />
          <code>{existing.slice(0, 24)}…</code>
          <Button busy={revoke.isPending} onClick={() => revoke.mutate(existing)}>
            Revoke
          </Button>
        </div>
      )}
      {tokens.isError && <Problems messages={[errorText(tokens.error)]} />}
      {(create.error || revoke.error) && <Problems messages={[errorText(create.error ?? revoke.error)]} />}
      {!existing && !fresh && tokens.isSuccess && (
        <div>
          <Button icon={<KeyRound size={16} />} busy={create.isPending} onClick={() => create.mutate()}>
            Create token
          </Button>
        </div>
      )}
    </section>
  );
}

/** The older kind of token, only where the installation still allows it. */
function LegacyToken() {
  const settings = useQuery({
    queryKey: ["jwt-settings"],
    queryFn: () => bodyOf(api.GET("/api/jwt/settings")),
  });
  const [token, setToken] = useState<string | null>(null);
  const show = useMutation({
    mutationFn: () => bodyOf(api.GET("/api/current-user/token")),
    onSuccess: (answer) => setToken(answer.token),
  });
  const reset = useMutation({
    mutationFn: () => bodyOf(api.POST("/api/current-user/reset-token", {})),
    onSuccess: (answer) => {
      setToken(answer.token);
      toast("New token made. The old one no longer works.");
    },
  });
  if (!settings.data?.legacy_api_tokens_enabled) return null;
  const error = show.error ?? reset.error;
  return (
    <section className="stack">
      <h2>Legacy token</h2>
      <p className="muted">
        For older scripts that send <code>Authorization: Token …</code>
      </p>
      {token && <Secret value={token} />}
      {error && <Problems messages={[error instanceof ApiError ? errorText(error) : String(error)]} />}
      <div className="row">
        {!token && (
          <Button busy={show.isPending} onClick={() => show.mutate()}>
            Show token
          </Button>
        )}
        <Button busy={reset.isPending} onClick={() => reset.mutate()}>
          Replace token
        </Button>
      </div>
    </section>
  );
}
