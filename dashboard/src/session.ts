/** Who has logged in, and what they may do. */
import { computed, signal } from "@preact/signals";
import { ask, change, csrf, loggedOut, RefusedError } from "./api/client";
import type { Me, Shape } from "./api/shape";
import { siteZone } from "./times";

/** `undefined` while nobody knows yet, null where nobody has logged in. */
export const me = signal<Me | null | undefined>(undefined);

/** Whether `right` may be used: `look`, `handle_alerts`, `site`, `people`, … as `GET me` lists them. */
export function may(right: string): boolean {
  return me.value?.rights.includes(right) ?? false;
}

export const initials = computed(() => {
  const words = (me.value?.name ?? "").split(/\s+/u).filter(Boolean);
  const first = [...(words[0] ?? "")][0] ?? "";
  const last = words.length > 1 ? ([...(words.at(-1) ?? "")][0] ?? "") : "";
  return (first + last).toUpperCase();
});

/** Whether somebody was logged in here and is not any more, without having asked for it. */
export const hasEnded = signal(false);

loggedOut.call = () => {
  if (me.peek()) hasEnded.value = true;
  me.value = null;
  csrf.value = null;
};

/** Ask the gateway who we are. Throws RefusedError where it does not answer. */
export async function recognise(): Promise<void> {
  try {
    take(await ask<Me>("me"));
  } catch (error) {
    if (!(error instanceof RefusedError) || error.status !== 401) throw error;
  }
}

/** Log in. Throws RefusedError: 401 for a wrong name or password, 429 after too many. */
export async function logIn(login: string, password: string): Promise<void> {
  const answer = await change<Shape<"LoggedIn">>("sessions", {
    verb: "POST",
    body: { login, password },
  });
  take(answer.body.person);
}

/** Take over who was let in, also by set-up. */
export function take(person: Me): void {
  hasEnded.value = false;
  csrf.value = person.csrf;
  siteZone.value = person.site.timezone;
  me.value = person;
}

/** End this session. */
export async function logOut(): Promise<void> {
  await change("sessions/current", { verb: "DELETE" });
  loggedOut.call();
  hasEnded.value = false;
}
