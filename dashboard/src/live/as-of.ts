/** What figures say of their age while they are old. */
import { clock, clockOffsetMs } from "../times";
import { words } from "../words";
import { heardMs, isLost, isStale } from "./link";

/** `as of 14:32:07` while what is shown is stale or the connection is lost; else nothing. */
export function asOf(): string {
  if (!isStale.value && !isLost.value) return "";
  return words().live.asOf(clock(heardMs.value + clockOffsetMs.value));
}
