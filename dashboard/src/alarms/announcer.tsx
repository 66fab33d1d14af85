/** Live regions: what screen readers say of new alerts without being asked. */
import { effect, signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Alert } from "../api/shape";
import { words } from "../words";
import { type Announcement, announce, begin, type Heard } from "./announcing";
import { alertSentence } from "./sentence";
import { alarmLink, isRead, orderedAlerts } from "./store";

/** Something that was done here and should be heard, such as `Acknowledged`. */
export const doneHere = signal("");

export function Announcer() {
  const assertive = useSignal("");
  const polite = useSignal("");
  useEffect(() => {
    let heard: Heard | null = null;
    const say = ({ assertive: now, polite: later, summary }: Announcement) => {
      if (now.length > 0) assertive.value = sentences(now);
      if (later.length > 0) polite.value = sentences(later);
      if (!summary) return;
      const text = words().alarms.live.many(summary.count, summary.critical);
      if (summary.critical > 0) assertive.value = text;
      else polite.value = text;
    };
    return effect(() => {
      if (!isRead.value) return;
      const open = orderedAlerts.value;
      const nowMs = Date.now();
      const [next, what] = heard ? announce(heard, open, nowMs) : begin(open, nowMs);
      heard = next;
      queueMicrotask(() => say(what));
    });
  }, []);
  return (
    <div class="unseen">
      <div role="alert" aria-atomic="true">
        {assertive}
      </div>
      <div role="status" aria-atomic="true">
        {polite}
      </div>
      <div role="status">{doneHere}</div>
      <div role="status">{alarmLink.value.state === "lost" ? words().alarms.live.lost : ""}</div>
    </div>
  );
}

function sentences(alerts: readonly Alert[]): string {
  const told = words().alarms.live;
  return alerts.map((alert) => told[alert.severity](alertSentence(alert))).join(". ");
}
