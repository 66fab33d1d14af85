/** What is said of the age of what is shown while it is old. */
import { beat, clock, clockOffsetMs, span } from "../times";
import { words } from "../words";
import { heardMs, isLost, isStale, link } from "./link";

/** A wait that is shorter is none. */
const LEAST_WAIT_MS = 400;

/** When the gateway was heard last, by its clock: `14:32:07`. */
export function heardClock(): string {
  return clock((heardMs.value || link.value.sinceMs) + clockOffsetMs.value);
}

/** How long it is until the next try to connect; null where one is under way. */
export function nextTryWords(): string | null {
  void beat.value;
  const waitMs = (link.value.nextTryMs ?? 0) - Date.now();
  return waitMs > LEAST_WAIT_MS ? span(waitMs) : null;
}

/** `as of 14:32:07` while what is shown is stale or the connection is lost; else nothing. */
export function asOf(): string {
  if (!isStale.value && !isLost.value) return "";
  return words().live.asOf(heardClock());
}

/** What stands over a plan while it is old: since when, and when the next try comes; else nothing. */
export function staleWords(): string {
  if (!isStale.value && !isLost.value) return "";
  const told = words().live;
  const next = nextTryWords();
  return `${told.staleSince(heardClock())} ${next === null ? told.lostNow : told.lostNext(next)}`;
}
