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

/** What comes together is told together; nobody hears that it waited so long. */
const TOGETHER_MS = 250;

export function Announcer() {
  const assertive = useSignal("");
  const polite = useSignal("");
  useEffect(() => {
    let heard: Heard | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const say = (what: Announcement, isFirst: boolean) => {
      const [now, later] = textsOf(what, isFirst);
      if (now) assertive.value = now;
      if (later) polite.value = later;
    };
    const tell = () => {
      timer = undefined;
      const open = orderedAlerts.peek();
      const nowMs = Date.now();
      const [next, what] = heard ? announce(heard, open, nowMs) : begin(open, nowMs);
      const isFirst = heard === null;
      heard = next;
      say(what, isFirst);
    };
    const end = effect(() => {
      void orderedAlerts.value;
      if (isRead.value) timer ??= setTimeout(tell, TOGETHER_MS);
    });
    return () => {
      clearTimeout(timer);
      end();
    };
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

/** What is said at once, and what is said when nothing else is. */
function textsOf({ assertive, polite, summary }: Announcement, isFirst: boolean): [string, string] {
  if (!summary) return [sentences(assertive), sentences(polite)];
  const told = words().alarms.live;
  const text = (isFirst ? told.open : told.many)(summary.count, summary.critical);
  return summary.critical > 0 ? [text, ""] : ["", text];
}

function sentences(alerts: readonly Alert[]): string {
  const told = words().alarms.live;
  return alerts.map((alert) => told[alert.severity](alertSentence(alert))).join(". ");
}
