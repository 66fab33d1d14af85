/** Live regions: what screen readers say of new alerts without being asked. */
import { effect, type Signal, signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Alert } from "../api/shape";
import { words } from "../words";
import { type Announcement, announce, begin, type Heard } from "./announcing";
import { alertSentence } from "./sentence";
import { alarmLink, isRead, orderedAlerts } from "./store";

/** What is said, and how often something was: the same words twice are to be heard twice. */
interface Said {
  readonly text: string;
  readonly turn: number;
}

const UNSAID: Said = { text: "", turn: 0 };
const doneHere = signal(UNSAID);

/** Say that something was done here, such as `Acknowledged`. */
export function sayDone(text: string): void {
  say(doneHere, text);
}

function say(where: Signal<Said>, text: string): void {
  where.value = { text, turn: where.peek().turn + 1 };
}

/** What comes together is told together; nobody hears that it waited so long. */
const TOGETHER_MS = 250;

export function Announcer() {
  const assertive = useSignal(UNSAID);
  const polite = useSignal(UNSAID);
  useEffect(() => {
    let heard: Heard | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = () => {
      timer = undefined;
      const open = orderedAlerts.peek();
      // No clock that can be set: what is told together hangs on it.
      const nowMs = performance.now();
      const [next, what] = heard ? announce(heard, open, nowMs) : begin(open, nowMs);
      const [now, later] = textsOf(what, heard === null);
      heard = next;
      if (now) say(assertive, now);
      if (later) say(polite, later);
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
        <Words {...assertive.value} />
      </div>
      <div role="status" aria-atomic="true">
        <Words {...polite.value} />
      </div>
      <div role="status" aria-atomic="true">
        <Words {...doneHere.value} />
      </div>
      <div role="status">{alarmLink.value.state === "lost" ? words().alarms.live.lost : ""}</div>
    </div>
  );
}

/** A new element each time: only what is new is read out. */
function Words({ text, turn }: Said) {
  return <span key={turn}>{text}</span>;
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
