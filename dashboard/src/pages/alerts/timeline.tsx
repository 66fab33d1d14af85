/** The alerts of the span along a line; what was dealt with is drawn as an outline. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { symbolStateOf } from "../../alarms/order";
import { alertSentence } from "../../alarms/sentence";
import { openAlerts } from "../../alarms/store";
import type { Alert } from "../../api/shape";
import { AlertSymbol } from "../../parts/symbol";
import { day, minute, msOf, nowMs, when } from "../../times";
import { words } from "../../words";
import { type AlertFilter, passes } from "./filters";

const TICKS = 5;
const SHOWN_MAX = 120;

interface TimelineProps {
  closed: readonly Alert[];
  filter: AlertFilter;
  sinceMs: number;
}

export function Timeline({ closed, filter, sinceMs }: TimelineProps) {
  const told = words().alarms.page;
  const untilMs = nowMs();
  const open = [...openAlerts.value.values()].filter((alert) => passes(filter, alert));
  const shown = [...closed.toReversed(), ...open]
    .filter((alert) => msOf(alert.time) >= sinceMs)
    .slice(-SHOWN_MAX);
  const share = (ms: number) => (ms - sinceMs) / Math.max(1, untilMs - sinceMs);
  const label = filter.span === "week" || filter.span === "month" ? day : minute;
  if (shown.length === 0) return null;
  return (
    <section class="card no-ph" aria-label={told.byTime}>
      <div class="row btw">
        <h2>
          {told.byTime}, {told.spans[filter.span]}
        </h2>
        <span class="xs mut">{told.byTimeHint}</span>
      </div>
      <div class="timeline" aria-hidden="true">
        <i />
        {shown.map((alert) => (
          <At key={alert.id} share={share(msOf(alert.time))}>
            <span title={`${when(alert.time)} ${alertSentence(alert)}`}>
              <AlertSymbol severity={alert.severity} state={symbolStateOf(alert)} />
            </span>
          </At>
        ))}
      </div>
      <div class="ticks wide" aria-hidden="true">
        {Array.from({ length: TICKS + 1 }, (_, index) => index / TICKS).map((place) => (
          <At key={place} share={place}>
            {label(sinceMs + place * (untilMs - sinceMs))}
          </At>
        ))}
      </div>
    </section>
  );
}

function At({ share, children }: { share: number; children: ComponentChildren }) {
  const place = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    if (place.current) place.current.style.left = `${share * 100}%`;
  }, [share]);
  return <span ref={place}>{children}</span>;
}
