import { attr, enumAttr } from "../../config/attrs";
import type { ObjectView, ViewContext } from "../../core/types";
import { notice } from "../notice";
import { TextView } from "./TextView";

const IDLE = { update: () => undefined, reveal: () => undefined };

/** Mounts a Text tag; loads the text first when the field holds an address. */
export function mountText(host: HTMLElement, ctx: ViewContext): ObjectView {
  if (ctx.value === undefined || ctx.value === null) {
    const field = attr(ctx.node, "value") ?? "";
    const message = notice(host, `This task has no text: its data has nothing at ${field}.`);
    return { ...IDLE, destroy: () => message.remove() };
  }
  if (enumAttr(ctx.node, "valueType", ["text", "url"], "text") === "url") return new LoadingText(host, ctx);
  return new TextView(host, ctx, decode(ctx, asText(ctx.value)));
}

/** Text of any task value: strings as they are, everything else as JSON. */
export function asText(value: unknown): string {
  return typeof value === "string"
    ? value
    : typeof value === "object"
      ? JSON.stringify(value, null, 2)
      : String(value);
}

/** Undoes `encoding="base64"` (bytes as Latin-1) and `base64unicode` (bytes as UTF-8). */
export function decode(ctx: ViewContext, text: string): string {
  const encoding = enumAttr(ctx.node, "encoding", ["none", "base64", "base64unicode"], "none");
  if (encoding === "none") return text;
  try {
    const binary = atob(text.trim());
    if (encoding === "base64") return binary;
    return new TextDecoder().decode(Uint8Array.from(binary, (char) => char.charCodeAt(0)));
  } catch {
    return text;
  }
}

class LoadingText implements ObjectView {
  private view: TextView | null = null;
  private readonly abort = new AbortController();

  constructor(
    private readonly host: HTMLElement,
    private readonly ctx: ViewContext,
  ) {
    void this.load();
  }

  private async load(): Promise<void> {
    const message = notice(this.host, "Loading the text…");
    try {
      const response = await fetch(this.ctx.resolveUrl(String(this.ctx.value)), {
        signal: this.abort.signal,
      });
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      const text = await response.text();
      message.remove();
      this.view = new TextView(this.host, this.ctx, decode(this.ctx, text));
    } catch (error) {
      message.remove();
      if (this.abort.signal.aborted) return;
      const reason = error instanceof Error ? error.message : "unknown reason";
      notice(this.host, `The text could not be loaded (${reason}).`, () => void this.load());
    }
  }

  update(...args: Parameters<ObjectView["update"]>): void {
    this.view?.update(...args);
  }

  reveal(id: string): void {
    this.view?.reveal(id);
  }

  describe(id: string): string | null {
    return this.view?.describe(id) ?? null;
  }

  command(name: string): boolean {
    return this.view?.command(name) ?? false;
  }

  destroy(): void {
    this.abort.abort();
    this.view?.destroy();
    this.host.replaceChildren();
  }
}
