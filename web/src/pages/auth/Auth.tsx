import { useEffect } from "react";
import { Link } from "wouter";
import { boot, cookie, formErrors } from "@/app/boot";
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
  const invited = new URLSearchParams(location.search).has("token");
  if (!boot.signup_open && !invited) {
    return (
      <Frame title="Sign-up is by invitation">
        <p className="muted">
          Ask the owner of this installation for an invite link, open it and create your account there.
        </p>
        <p>
          Have an account? <Link href="/user/login">Sign in</Link>
        </p>
      </Frame>
    );
  }
  return (
    <AuthPage
      title="Create your account"
      action="/user/signup/"
      submit="Create account"
      passwordAutoComplete="new-password"
      passwordHint="At least 8 characters."
      other={
        <p>
          Have an account? <Link href={`/user/login${location.search}`}>Sign in</Link>
        </p>
      }
    />
  );
}

interface AuthProps {
  title: string;
  action: string;
  submit: string;
  passwordAutoComplete: string;
  passwordHint?: string;
  other: React.ReactNode;
}

/** A plain form post: it works before any script has run twice, and password managers understand it. */
function AuthPage({ title, action, submit, passwordAutoComplete, passwordHint, other }: AuthProps) {
  const next = new URLSearchParams(location.search).get("next") ?? boot.form.values.next ?? "";
  return (
    <Frame title={title}>
      <form method="post" action={action + location.search} className="stack">
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
