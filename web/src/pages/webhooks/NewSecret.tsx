import { useMutation } from "@tanstack/react-query";
import { errorText } from "@/api/errors";
import { changeWebhook, type Webhook } from "@/api/webhooks";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Secret } from "@/ui/Secret";
import { Problems } from "@/ui/States";
import { randomSecret } from "./words";

/** Put another secret in the place of a webhook's, which is shown this once. */
export function NewSecret({ hook, onClose }: { hook: Webhook; onClose: () => void }) {
  const make = useMutation({
    mutationFn: async () => {
      const secret = randomSecret();
      await changeWebhook(hook.id, { secret, actions: hook.actions });
      return secret;
    },
  });
  if (make.data) {
    return (
      <Dialog
        key="made"
        open
        title="The new secret"
        onClose={onClose}
        footer={
          <Button tone="primary" onClick={onClose} data-autofocus>
            Done
          </Button>
        }
      >
        <p>
          Requests to {hook.url} are signed with it from now on, in the header{" "}
          <code>X-Labelyard-Signature</code>.
        </p>
        <Secret value={make.data} note="Copy it now: it cannot be shown again." />
      </Dialog>
    );
  }
  return (
    <Dialog
      key="ask"
      open
      title="Make a new secret?"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose} data-autofocus>
            Keep the old one
          </Button>
          <Button tone="primary" busy={make.isPending} onClick={() => make.mutate()}>
            Make secret
          </Button>
        </>
      }
    >
      <p>
        The old secret ends at once. A receiver that checks signatures refuses what we send until it has the
        new one; what it refuses meanwhile is tried again.
      </p>
      {make.isError && <Problems title="The old one stays" messages={[errorText(make.error)]} />}
    </Dialog>
  );
}
