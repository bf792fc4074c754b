import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { ApiError, errorText } from "@/api/errors";
import { Button, ButtonLink } from "./Button";

interface EmptyProps {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}

/** Nothing here yet, and what to do about it. */
export function Empty({ icon, title, children, actions }: EmptyProps) {
  return (
    <div className="state">
      {icon && <div className="state-icon">{icon}</div>}
      <h2>{title}</h2>
      {children && <div className="state-text">{children}</div>}
      {actions && <div className="state-actions">{actions}</div>}
    </div>
  );
}

export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const gone = error instanceof ApiError && [403, 404].includes(error.status);
  return (
    <div className="state" role="alert">
      <div className="state-icon state-danger">
        <CircleAlert size={24} />
      </div>
      <h2>This could not be loaded</h2>
      <p className="state-text">{errorText(error)}</p>
      <div className="state-actions">
        {gone && <ButtonLink href="/projects">All projects</ButtonLink>}
        {retry && <Button onClick={retry}>Try again</Button>}
      </div>
    </div>
  );
}

/** Grey shapes that hold the place of what is coming; said once to screen readers. */
export function Loading({ rows = 3, label = "Loading" }: { rows?: number; label?: string }) {
  return (
    <div className="skeletons" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: identical placeholders
        <div key={index} className="skeleton" />
      ))}
    </div>
  );
}

/** A refused form or action, inline. */
export function Problems({ messages, title }: { messages: readonly string[]; title?: string }) {
  if (messages.length === 0) return null;
  return (
    <div className="problems" role="alert">
      <CircleAlert size={16} aria-hidden />
      <div>
        {title && <strong>{title}</strong>}
        {messages.slice(0, 20).map((message) => (
          <p key={message}>{message}</p>
        ))}
        {messages.length > 20 && <p>And {messages.length - 20} more.</p>}
      </div>
    </div>
  );
}
