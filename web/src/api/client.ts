import createClient, { type Middleware } from "openapi-fetch";
import { cookie } from "@/app/boot";
import type { paths } from "./contract";
import { ApiError, readError } from "./errors";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/** Header that proves a change comes from our own page; the server compares it with the cookie. */
export function csrfHeader(): Record<string, string> {
  const token = cookie("csrftoken");
  return token ? { "X-CSRFToken": token } : {};
}

export function loginUrl(here: string = location.pathname + location.search): string {
  return `/user/login/?next=${encodeURIComponent(here)}`;
}

export async function errorFrom(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => "");
  let body: unknown = text;
  try {
    body = JSON.parse(text);
  } catch {
    // Not JSON (a proxy's page, perhaps): the status has to do.
  }
  return readError(response.status, body);
}

const rules: Middleware = {
  onRequest({ request }) {
    if (!SAFE.has(request.method)) {
      for (const [name, value] of Object.entries(csrfHeader())) request.headers.set(name, value);
    }
    return request;
  },
  async onResponse({ response }) {
    if (response.ok) return undefined;
    const error = await errorFrom(response);
    if (error.status === 401) for (const tell of signedOut) tell();
    throw error;
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === "AbortError") return error;
    return readError(0, null);
  },
};

const signedOut = new Set<() => void>();

/** Calls `tell` whenever the server says that the session is over. */
export function onSignedOut(tell: () => void): () => void {
  signedOut.add(tell);
  return () => signedOut.delete(tell);
}

export const api = createClient<paths>({
  baseUrl: typeof location === "undefined" ? "" : location.origin,
  fetch: (request) => globalThis.fetch(request),
});
api.use(rules);

/** The body of an answer; refusals have been thrown as `ApiError` before. */
export async function bodyOf<T>(call: Promise<{ data?: T }>): Promise<T> {
  const { data } = await call;
  return data as T;
}

export { ApiError };
