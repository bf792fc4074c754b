import { useLayoutEffect, useRef } from "react";
import { attr } from "../config/attrs";
import type { Option } from "../config/options";
import { cleanHtml } from "../views/html/sanitize";

/** What an option shows: its `html`, made harmless, or its plain title. */
export function OptionText({ option, className }: { option: Option; className: string }) {
  const html = attr(option.node, "html");
  const element = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    if (html === undefined) return;
    const { fragment } = cleanHtml(html, { clickableLinks: false, scope: ".ed-option-html" });
    element.current?.replaceChildren(fragment);
  }, [html]);
  if (html === undefined) return <span className={className}>{option.title}</span>;
  // Pictures have no words of their own: the title says what they stand for.
  return (
    <span ref={element} role="img" aria-label={option.title} className={`${className} ed-option-html`} />
  );
}
