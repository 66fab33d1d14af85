/** What people do about an alert. The pages change with the answer of the gateway, never before. */
import { change, path } from "../api/client";
import type { Alert } from "../api/shape";
import { may } from "../session";
import { hear } from "./gathering";
import { gathered, groupOf, keepOther, takeGathered } from "./store";

/** Take it on. Throws RefusedError: 422 for a critical one without a note. */
export const acknowledge = (id: string, note: string) =>
  tell(path`alerts/${id}/acknowledge`, { note });

/** Close what was dealt with and is over. Throws RefusedError: 409 while it can not be closed. */
export const closeAlert = (id: string, note: string) => tell(path`alerts/${id}/reset`, { note });

/** Put it aside for so many seconds. Throws RefusedError. */
export const shelve = (id: string, for_s: number, reason: string) =>
  tell(path`alerts/${id}/shelve`, { for_s, reason });

/** Take it up again. Throws RefusedError. */
export const unshelve = (id: string) => tell(path`alerts/${id}/unshelve`, {});

/** Say who looks after it; null for nobody. Throws RefusedError. */
export const assign = (id: string, to: string | null) => tell(path`alerts/${id}/assign`, { to });

/** Write into its log. Throws RefusedError. */
export const comment = (id: string, text: string) => tell(path`alerts/${id}/comment`, { text });

async function tell(where: string, body: unknown): Promise<void> {
  const { body: alert } = await change<Alert>(where, { verb: "POST", body });
  if (alert.state === "cleared") keepOther(alert);
  takeGathered(hear(gathered.peek(), alert));
}

/** Whether the buttons are there at all. */
export const mayHandle = () => may("handle_alerts");

/** What the gateway would take now, by the state of the alert. */
export function canAcknowledge(alert: Alert): boolean {
  return groupOf(alert) === "new";
}

/** Over and acknowledged; or it rests on a crossing alone, of which nobody sees the end. */
export function canClose(alert: Alert): boolean {
  if (alert.state === "latched") return true;
  return alert.state === "active_acknowledged" && alert.portal !== null && alert.to === null;
}

export function canShelve(alert: Alert): boolean {
  return groupOf(alert) === "new" || groupOf(alert) === "acknowledged";
}

export function canUnshelve(alert: Alert): boolean {
  return alert.state === "shelved";
}
