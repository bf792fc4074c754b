import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Link } from "wouter";

type Tone = "plain" | "primary" | "quiet" | "danger";

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  tone?: Tone;
  icon?: ReactNode;
  busy?: boolean;
  "data-autofocus"?: boolean;
}

export function Button({ tone = "plain", icon, busy, children, className, disabled, ...rest }: ButtonProps) {
  const only = children === undefined ? " button-icon" : "";
  return (
    <button
      type="button"
      className={`button button-${tone}${only} ${className ?? ""}`}
      aria-busy={busy || undefined}
      disabled={disabled || busy}
      {...rest}
    >
      {icon}
      {children}
    </button>
  );
}

interface ButtonLinkProps {
  href: string;
  tone?: Tone;
  icon?: ReactNode;
  children?: ReactNode;
  title?: string;
  "aria-label"?: string;
  "aria-current"?: "page";
}

export function ButtonLink({ tone = "plain", icon, children, ...rest }: ButtonLinkProps) {
  const only = children === undefined ? " button-icon" : "";
  return (
    <Link className={`button button-${tone}${only}`} {...rest}>
      {icon}
      {children}
    </Link>
  );
}
