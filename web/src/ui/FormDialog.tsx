import { type ReactNode, type RefObject, useId } from "react";
import { Button } from "./Button";
import { Dialog } from "./Dialog";

interface FormDialogProps {
  title: string;
  /** What the button that sends the form says. */
  submit: string;
  busy: boolean;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
  /** What else can be done with the form, left of *Cancel*. */
  extra?: ReactNode;
  ref?: RefObject<HTMLFormElement | null>;
}

/** A form in a dialog: Enter sends it from any of its fields, Esc leaves it. */
export function FormDialog({
  title,
  submit,
  busy,
  onSubmit,
  onClose,
  children,
  extra,
  ref,
}: FormDialogProps) {
  const form = useId();
  return (
    <Dialog
      open
      size="medium"
      title={title}
      onClose={onClose}
      footer={
        <>
          {extra}
          {extra && <span className="grow" />}
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={form} tone="primary" busy={busy}>
            {submit}
          </Button>
        </>
      }
    >
      <form
        id={form}
        ref={ref}
        className="stack tight"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        {children}
      </form>
    </Dialog>
  );
}
