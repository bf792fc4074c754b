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
    await refuse(response);
    return undefined;
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === "AbortError") return error;
    return readError(0, null);
  },
};

/** Throws what an answer says that is a refusal. */
async function refuse(response: Response): Promise<void> {
  if (response.ok) return;
  const error = await errorFrom(response);
  if (error.status === 401) for (const tell of signedOut) tell();
  throw error;
}

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

/** A request whose body is no JSON; refusals are thrown as with `api`. */
export async function send<T>(method: string, path: string, init: RequestInit = {}): Promise<T> {
  const headers = new Headers(init.headers);
  if (!SAFE.has(method)) for (const [name, value] of Object.entries(csrfHeader())) headers.set(name, value);
  let response: Response;
  try {
    response = await fetch(path, { ...init, method, headers });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw readError(0, null);
  }
  await refuse(response);
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export { ApiError };
