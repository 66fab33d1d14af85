/** Over Live a new critical alert opens its evidence by itself. */
import { effect, untracked } from "@preact/signals";
import { look, page } from "../address";
import { isWriting } from "./acknowledging";
import { evidenceAlert, isNew, newCriticals, pickedAlert } from "./store";

/**
 * Open the newest critical alert over Live, unless another one that nobody has is shown. A note
 * that somebody writes is not taken from under the hands: it opens once that is done.
 */
export function showNewCritical(): () => void {
  const shown = new Set<string>();
  return effect(() => {
    const isLive = page.value === "live";
    const fresh = newCriticals.value.filter(
      ({ id, occurrences }) => !shown.has(`${id}/${occurrences}`),
    );
    if (!isLive || isWriting.value || fresh.length === 0) return;
    for (const { id, occurrences } of fresh) shown.add(`${id}/${occurrences}`);
    const newest = fresh[0];
    if (newest && untracked(mayReplace)) queueMicrotask(() => look({ alert: newest.id }));
  });
}

function mayReplace(): boolean {
  if (pickedAlert.value === null) return true;
  const now = evidenceAlert.value;
  return now !== null && !(now.severity === "critical" && isNew(now));
}
