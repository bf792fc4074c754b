import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, errorText } from "@/api/errors";
import { changePassword } from "@/api/people";
import { Button } from "@/ui/Button";
import { TextField } from "@/ui/Field";
import { Problems } from "@/ui/States";
import { toast } from "@/ui/toast";

/** Another password, for who knows the one of now. */
export function Password() {
  const client = useQueryClient();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const save = useMutation({
    mutationFn: () => changePassword(current, next),
    onSuccess: () => {
      setCurrent("");
      setNext("");
      toast("Password changed. You are signed out everywhere else.", { tone: "ok" });
      return client.invalidateQueries({ queryKey: ["sessions"] });
    },
  });
  const refused = save.error instanceof ApiError ? save.error : null;
  const ofField = refused?.fields.current_password?.[0] ?? refused?.fields.new_password?.[0];
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <h2>Password</h2>
      <div className="account-names">
        <TextField
          label="Current password"
          type="password"
          autoComplete="current-password"
          value={current}
          error={refused?.fields.current_password?.[0]}
          onChange={(event) => setCurrent(event.target.value)}
        />
        <TextField
          label="New password"
          type="password"
          autoComplete="new-password"
          hint="At least 8 characters."
          minLength={8}
          value={next}
          error={refused?.fields.new_password?.[0]}
          onChange={(event) => setNext(event.target.value)}
        />
      </div>
      {save.isError && !ofField && <Problems messages={[errorText(save.error)]} />}
      <div>
        <Button type="submit" disabled={!current || next.length < 8} busy={save.isPending}>
          Change password
        </Button>
      </div>
    </form>
  );
}
