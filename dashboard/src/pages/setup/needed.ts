/** Whether an administrator is led to the set-up: while there is no reader, or no zone is drawn. */
import { ask, RefusedError } from "../../api/client";
import type { Reader, Zone } from "../../api/shape";
import { may } from "../../session";
import { isNeeded } from "./steps";

/** Asked once a visit, so that who has looked at the set-up can go on without it. */
let isAsked = false;

/** Whether the set-up is still to be done, and this is the first time that it is asked. */
export async function isSetupNeeded(): Promise<boolean> {
  if (isAsked || !may("site")) return false;
  isAsked = true;
  try {
    const [readers, zones] = await Promise.all([
      ask<{ items: Reader[] }>("readers", { limit: 1 }),
      ask<{ items: Zone[] }>("zones", { limit: 1000 }),
    ]);
    return isNeeded({ floors: [], zones: zones.items, readers: readers.items, rules: [] });
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return false;
  }
}
