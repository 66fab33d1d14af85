/** Asks the gateway over HTTP. Nothing else in the pages calls `fetch`. */
import { signal } from "@preact/signals";
import { saveFile } from "../files";
import { takeDate } from "../times";
import { words } from "../words";
import type { Problem } from "./shape";

const BASE = "/api/v1/";
const TIMEOUT_MS = 15_000;

/** The token that changes need, told at log-in and by `GET me`. */
export const csrf = signal<string | null>(null);

/** Called when the gateway says that nobody is logged in any more. */
export const loggedOut = { call: () => {} };

export type Query = Record<
  string,
  string | number | boolean | null | undefined | readonly string[]
>;
export type Verb = "POST" | "PUT" | "PATCH" | "DELETE";

/** The gateway refused, or could not be reached (`status` 0). */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  constructor(
    readonly status: number,
    readonly problem: Partial<Problem> & { detail: string },
  ) {
    super(problem.detail);
  }

  /** What is wrong with one field, as the gateway says it. */
  of(field: string): string | undefined {
    return this.problem.errors?.find((each) => each.field === field)?.message;
  }
}

/** What was answered: its body, its version for `If-Match`, and where the list goes on. */
export interface Answer<T> {
  body: T;
  etag: string | null;
  next: string | null;
}

export interface Change {
  verb: Verb;
  body?: unknown;
  ifMatch?: string | null;
  query?: Query;
  type?: string;
  /** An API key, where it is one that lets in. */
  bearer?: string;
}

/** The path below `/api/v1/`; each part is escaped: `` path`assets/${id}/history` ``. */
export function path(parts: TemplateStringsArray, ...names: (string | number)[]): string {
  return String.raw({ raw: parts.raw }, ...names.map((name) => encodeURIComponent(name)));
}

/** Ask for `where`, below `/api/v1/`. Throws RefusedError. */
export async function ask<T>(where: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return (await askFully<T>(where, query, signal)).body;
}

/** Ask for `where` and hear the ETag and the cursor of the next page, too. Throws RefusedError. */
export async function askFully<T>(
  where: string,
  query: Query = {},
  signal?: AbortSignal,
): Promise<Answer<T>> {
  const init = { headers: { accept: "application/json" } };
  return answerOf<T>(await send(where, query, init, signal), signal);
}

/** What is not there is null; any other refusal is thrown. */
export async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof RefusedError && error.status === 404) return null;
    throw error;
  }
}

/** Ask for a text, such as what a version of the site file changed. Throws RefusedError. */
export async function askText(where: string): Promise<string> {
  return arrived((await send(where, {}, { headers: { accept: "text/plain" } })).text());
}

/** Change something. Each call has an Idempotency-Key of its own. Throws RefusedError. */
export async function change<T>(where: string, what: Change): Promise<Answer<T>> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (csrf.value) headers["x-csrf-token"] = csrf.value;
  if (what.bearer) headers["authorization"] = `Bearer ${what.bearer}`;
  if (what.ifMatch) headers["if-match"] = what.ifMatch;
  if (what.verb === "POST") headers["idempotency-key"] = crypto.randomUUID();
  const init: RequestInit = { method: what.verb, headers };
  if (what.body instanceof Blob) {
    headers["content-type"] = what.type ?? what.body.type;
    init.body = what.body;
  } else if (what.body !== undefined) {
    headers["content-type"] = what.type ?? "application/json";
    init.body = JSON.stringify(what.body);
  }
  return answerOf<T>(await send(where, what.query ?? {}, init));
}

/** The address of a list as a file, for a link that downloads it. */
export function addressOf(where: string, query: Query = {}): string {
  const search = searchOf(query);
  return BASE + where + (search ? `?${search}` : "");
}

const DOWNLOAD_MAX = 1000;

/** Save a list as a CSV file: what passes the filters of `query`, at most 1,000. Throws RefusedError. */
export async function download(where: string, query: Query, fileName: string): Promise<void> {
  const init = { headers: { accept: "text/csv" } };
  const response = await send(where, { limit: DOWNLOAD_MAX, ...query }, init);
  saveFile(await arrived(response.blob()), fileName);
}

function searchOf(query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === "") continue;
    for (const each of Array.isArray(value) ? value : [value]) search.append(name, String(each));
  }
  return search.toString();
}

async function send(
  where: string,
  query: Query,
  init: RequestInit,
  signal?: AbortSignal,
): Promise<Response> {
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  const ended = signal ? AbortSignal.any([signal, limit]) : limit;
  const asked = fetch(addressOf(where, query), { ...init, signal: ended });
  const response = await arrived(asked, signal);
  takeDate(response.headers.get("date"));
  if (response.ok) return response;
  if (response.status === 401) loggedOut.call();
  throw new RefusedError(response.status, await problemOf(response));
}

/** What comes over the network; an answer may break off in its middle, too. */
async function arrived<T>(coming: Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await coming;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new RefusedError(0, { detail: words().frame.noAnswer });
  }
}

async function problemOf(response: Response): Promise<Partial<Problem> & { detail: string }> {
  const fallback = { detail: `${response.status} ${response.statusText}`.trim() };
  try {
    return { ...fallback, ...((await response.json()) as Partial<Problem>) };
  } catch {
    return fallback;
  }
}

async function answerOf<T>(response: Response, signal?: AbortSignal): Promise<Answer<T>> {
  const text = await arrived(response.text(), signal);
  return {
    body: (text ? JSON.parse(text) : null) as T,
    etag: response.headers.get("etag"),
    next: cursorOf(response.headers.get("link")),
  };
}

/** The cursor of the next page, from `Link: <…cursor=…>; rel="next"`. */
export function cursorOf(link: string | null): string | null {
  const target = link?.match(/<([^>]*)>\s*;\s*rel="?next"?/)?.[1];
  return target ? new URL(target, location.href).searchParams.get("cursor") : null;
}
