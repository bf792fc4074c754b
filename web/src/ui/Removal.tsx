import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ApiError, errorText } from "@/api/errors";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { Problems } from "./States";
import { toast } from "./toast";

interface RemovalProps {
  title: string;
  keep?: string;
  /** What the button that does it says. */
  act: string;
  /** What is said when it is done. */
  done: string;
  remove: () => Promise<unknown>;
  onClose: () => void;
  onDone: () => Promise<void> | void;
  /** What goes, and what stays. */
  children: ReactNode;
}

/** Asks before something goes that cannot be brought back. */
export function Removal({
  title,
  keep = "Keep it",
  act,
  done,
  remove,
  onClose,
  onDone,
  children,
}: RemovalProps) {
  const removal = useMutation({
    mutationFn: remove,
    onSuccess: () => {
      toast(done);
      onClose();
      return onDone();
    },
  });
  const { error } = removal;
  return (
    <Dialog
      open
      title={title}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose} data-autofocus>
            {keep}
          </Button>
          <Button tone="danger" busy={removal.isPending} onClick={() => removal.mutate()}>
            {act}
          </Button>
        </>
      }
    >
      {children}
      {error && <Problems messages={error instanceof ApiError ? error.messages : [errorText(error)]} />}
    </Dialog>
  );
}
