/** A wall is let in by a key in its address, once; from then on by a cookie. */
import { change, RefusedError } from "../api/client";
import type { Me } from "../api/shape";
import { recognise, take } from "../session";

/** How the letting in went: in, the key is refused, somebody is logged in, the gateway is away. */
export type Entry = "in" | "refused" | "other" | "away";

const DAY_MS = 86_400_000;

/** The key in a fragment such as `#key=tw_…`; null where there is none. */
export function keyIn(fragment: string): string | null {
  return new URLSearchParams(fragment.replace(/^#/, "")).get("key") || null;
}

/** What an answer to the key means. */
export function entryOf(status: number): Entry {
  if (status >= 200 && status < 300) return "in";
  if (status === 409) return "other";
  return status === 0 || status === 429 || status >= 500 ? "away" : "refused";
}

/** Take the key out of the address, so that nobody reads it there or shares it. */
export function takeKey(): string | null {
  const key = keyIn(location.hash);
  if (key !== null) history.replaceState(null, "", location.pathname + location.search);
  return key;
}

/** Let this browser in as a display. */
export async function enterAs(key: string): Promise<Entry> {
  try {
    take((await change<Me>("sessions/display", { verb: "POST", bearer: key })).body);
    return "in";
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return entryOf(error.status);
  }
}

/** Ask anew who we are: once a day, for the cookie is given anew then; soon where we are not in. */
export function stayIn(isIn: () => boolean): () => void {
  let asked = Date.now();
  const timer = setInterval(() => {
    if (isIn() && Date.now() - asked < DAY_MS) return;
    asked = Date.now();
    void recognise().catch(() => {});
  }, 10_000);
  return () => clearInterval(timer);
}
