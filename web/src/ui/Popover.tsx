import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import "./popover.css";

interface PopoverProps {
  /** What the button shows. */
  button: ReactNode;
  buttonClass?: string;
  buttonLabel?: string | undefined;
  title?: string | undefined;
  disabled?: boolean;
  /** Name of the panel for screen readers. */
  label: string;
  role?: "dialog" | "menu";
  panelClass?: string;
  /** Filled with a function that opens it. */
  opener?: { current: (() => void) | null };
  children: (close: () => void) => ReactNode;
}

/** A button with a panel that the browser puts above everything; Esc or a press outside closes it. */
export function Popover(props: PopoverProps) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const { opener, role = "dialog" } = props;

  useEffect(() => {
    if (!opener) return;
    opener.current = () => panel.current?.showPopover();
    return () => {
      opener.current = null;
    };
  }, [opener]);

  useEffect(() => {
    if (!open) return;
    const place = () => position(button.current, panel.current);
    place();
    const watch = new ResizeObserver(place);
    if (panel.current) watch.observe(panel.current);
    window.addEventListener("resize", place);
    const wanted = panel.current?.querySelector<HTMLElement>(
      role === "menu" ? "[role^=menuitem]:not([aria-disabled=true])" : "[data-autofocus]",
    );
    (wanted ?? panel.current)?.focus();
    return () => {
      watch.disconnect();
      window.removeEventListener("resize", place);
    };
  }, [open, role]);

  const close = () => {
    panel.current?.hidePopover();
    button.current?.focus();
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className={props.buttonClass ?? "button button-plain"}
        aria-label={props.buttonLabel}
        aria-haspopup={role}
        aria-expanded={open}
        title={props.title}
        disabled={props.disabled}
        popoverTarget={id}
      >
        {props.button}
      </button>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: its role is a dialog or a menu */}
      {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: both roles have names */}
      <div
        ref={panel}
        id={id}
        popover="auto"
        role={role}
        aria-label={props.label}
        className={`popover ${props.panelClass ?? ""}`}
        tabIndex={-1}
        onToggle={(event) => setOpen(event.newState === "open")}
        onKeyDown={role === "menu" ? (event) => moveInMenu(event, panel.current) : undefined}
      >
        {open && props.children(close)}
      </div>
    </>
  );
}

const GAP = 4;
const MARGIN = 8;

/** Below the button, or above it where there is more room; always inside the window. */
function position(button: HTMLElement | null, panel: HTMLElement | null): void {
  if (!button || !panel) return;
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = panel;
  const below = innerHeight - at.bottom - GAP - MARGIN;
  const above = at.top - GAP - MARGIN;
  const up = height > below && above > below;
  panel.style.left = `${Math.max(MARGIN, Math.min(at.left, innerWidth - width - MARGIN))}px`;
  panel.style.top = up ? `${Math.max(MARGIN, at.top - GAP - height)}px` : `${at.bottom + GAP}px`;
  panel.style.maxHeight = `${Math.max(120, up ? above : below)}px`;
}

function moveInMenu(event: KeyboardEvent, panel: HTMLElement | null): void {
  const items = [...(panel?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (to === undefined || items.length === 0) return;
  event.preventDefault();
  event.stopPropagation();
  items[(to + items.length) % items.length]?.focus();
}

interface MenuItemProps {
  icon?: ReactNode;
  disabled?: boolean;
  tone?: "danger";
  onSelect: () => void;
  children: ReactNode;
}

export function MenuItem({ icon, disabled, tone, onSelect, children }: MenuItemProps) {
  return (
    <button
      type="button"
      role="menuitem"
      className={`menu-item${tone ? ` menu-${tone}` : ""}`}
      tabIndex={-1}
      aria-disabled={disabled || undefined}
      onClick={() => !disabled && onSelect()}
    >
      {icon}
      {children}
    </button>
  );
}
