import { useMutation } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link } from "wouter";
import { errorText } from "@/api/errors";
import { acceptInvite, switchOrganization } from "@/api/people";
import { boot, cookie, formErrors } from "@/app/boot";
import { nameOfRole } from "@/pages/organization/roles";
import { Button } from "@/ui/Button";
import { TextField } from "@/ui/Field";
import { Problems } from "@/ui/States";
import "./auth.css";

export function Login() {
  return (
    <AuthPage
      title="Sign in"
      action="/user/login/"
      submit="Sign in"
      passwordAutoComplete="current-password"
      other={
        boot.signup_open ? (
          <p>
            No account yet? <Link href={`/user/signup${location.search}`}>Create one</Link>
          </p>
        ) : (
          <p>Ask the owner of this installation for an invite link to get an account.</p>
        )
      }
    />
  );
}

export function Signup() {
  const token = new URLSearchParams(location.search).get("token");
  if (token && boot.user && !boot.local) return <Accept token={token} />;
  const { invitation } = boot;
  if (!boot.signup_open && !invitation) {
    return (
      <Frame title={token ? "This invitation has ended" : "Sign-up is by invitation"}>
        <p className="muted">
          {token
            ? "It was replaced, or its time is over. Ask whoever sent the link for a new one."
            : "Ask the owner of this installation for an invite link, open it and create your account there."}
        </p>
        <p>
          Have an account? <Link href="/user/login">Sign in</Link>
        </p>
      </Frame>
    );
  }
  const back = token ? `?next=${encodeURIComponent(`/user/signup/${location.search}`)}` : location.search;
  return (
    <AuthPage
      title="Create your account"
      intro={
        invitation && (
          <p className="muted">
            You are invited to <b>{invitation.organization}</b> as <b>{nameOfRole(invitation.role)}</b>.
          </p>
        )
      }
      action="/user/signup/"
      submit="Create account"
      passwordAutoComplete="new-password"
      passwordHint="At least 8 characters."
      other={
        <p>
          Have an account?{" "}
          <Link href={`/user/login${back}`}>Sign in{invitation && " to accept with it"}</Link>
        </p>
      }
    />
  );
}

/** Somebody who is signed in came by an invitation. */
function Accept({ token }: { token: string }) {
  const { invitation, user } = boot;
  const join = useMutation({
    mutationFn: async () => {
      const organization = await acceptInvite(token);
      if (user) await switchOrganization(user.id, organization.id);
    },
    // A new page: nothing of the organization before may stay on the screen.
    onSuccess: () => location.assign("/projects"),
  });
  const elsewhere = (
    <p>
      <a href="/projects">Go to the projects</a>
    </p>
  );
  if (!invitation) {
    return (
      <Frame title="This invitation has ended">
        <p className="muted">
          It was replaced, or its time is over. Ask whoever sent the link for a new one.
        </p>
        {elsewhere}
      </Frame>
    );
  }
  return (
    <Frame title={invitation.member ? "You are a member already" : `Join ${invitation.organization}?`}>
      <p className="muted">
        {invitation.member ? (
          <>
            The invitation leads to <b>{invitation.organization}</b>, where {user?.email} is a member.
          </>
        ) : (
          <>
            You come in as <b>{nameOfRole(invitation.role)}</b>, with your account {user?.email}. Your other
            organizations stay as they are; change between them on the page <i>Organization</i>.
          </>
        )}
      </p>
      {join.isError && <Problems messages={[errorText(join.error)]} />}
      <Button tone="primary" busy={join.isPending} onClick={() => join.mutate()} data-autofocus>
        {invitation.member ? "Work there now" : "Accept the invitation"}
      </Button>
      {elsewhere}
    </Frame>
  );
}

interface AuthProps {
  title: string;
  intro?: React.ReactNode;
  action: string;
  submit: string;
  passwordAutoComplete: string;
  passwordHint?: string;
  other: React.ReactNode;
}

/** A plain form post: it works before any script has run twice, and password managers understand it. */
function AuthPage({ title, intro, action, submit, passwordAutoComplete, passwordHint, other }: AuthProps) {
  const next = new URLSearchParams(location.search).get("next") ?? boot.form.values.next ?? "";
  return (
    <Frame title={title}>
      <form method="post" action={action + location.search} className="stack">
        {intro}
        <Problems messages={formErrors(boot)} />
        <input type="hidden" name="csrfmiddlewaretoken" value={cookie("csrftoken")} />
        {next && <input type="hidden" name="next" value={next} />}
        <TextField
          label="E-mail"
          name="email"
          type="email"
          autoComplete="username"
          required
          autoFocus={!boot.form.values.email}
          defaultValue={boot.form.values.email ?? ""}
        />
        <TextField
          label="Password"
          name="password"
          type="password"
          autoComplete={passwordAutoComplete}
          autoFocus={!!boot.form.values.email}
          required
          minLength={passwordHint ? 8 : undefined}
          hint={passwordHint}
        />
        <Button type="submit" tone="primary">
          {submit}
        </Button>
      </form>
      {other}
    </Frame>
  );
}

function Frame({ title, children }: { title: string; children: React.ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Labelyard`;
  }, [title]);
  return (
    <main className="auth">
      <div className="auth-box">
        <img src="/static/favicon.svg" width={36} height={36} alt="" />
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}
