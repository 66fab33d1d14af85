/** Which alert is being acknowledged, and where: in its evidence if that is shown, else in a dialog. */
import { computed, signal } from "@preact/signals";
import type { Alert } from "../api/shape";
import { evidenceAlert, newCriticals, orderedAlerts } from "./store";
import { canAcknowledge, mayHandle } from "./verbs";

/** The id of the alert whose form is open; null where none is. */
export const acknowledging = signal<string | null>(null);
/** Whether the form in the evidence is open: somebody may be writing a note. */
export const isWriting = computed(() => {
  const alert = evidenceAlert.value;
  return alert !== null && alert.id === acknowledging.value && canAcknowledge(alert);
});
/** The id of the alert whose evidence is on the page. */
export const evidenceShown = signal<string | null>(null);
/** Which of several critical alerts the banner shows. */
export const bannerPlace = signal(0);

/** Open the form of an alert. */
export function beginAcknowledging(alert: Alert): void {
  if (mayHandle() && canAcknowledge(alert)) acknowledging.value = alert.id;
}

/** Close the form of an alert; another one that was opened meanwhile stays. */
export function endAcknowledging(id: string): void {
  if (acknowledging.peek() === id) acknowledging.value = null;
}

/** The alert that the banner shows; it stays in bounds when others go. */
export function bannerAlert(): Alert | null {
  const all = newCriticals.value;
  return all[bannerPlace.value % Math.max(1, all.length)] ?? null;
}

/** What `A` means here: the shown evidence, else the banner, else the first that nobody has. */
export function nextToAcknowledge(): Alert | null {
  const shown = evidenceShown.peek() === null ? null : evidenceAlert.peek();
  if (shown && canAcknowledge(shown)) return shown;
  return bannerAlert() ?? orderedAlerts.peek().find(canAcknowledge) ?? null;
}
