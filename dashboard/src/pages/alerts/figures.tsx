/** How the alerts of the span bore on people: not acknowledged, how fast, how many, floods. */
import { isNew, orderedAlerts } from "../../alarms/store";
import { ask } from "../../api/client";
import type { Shape } from "../../api/shape";
import { decimal, figure, fixed } from "../../numbers";
import { Tile, Tiles } from "../../parts/figures";
import { useLoaded } from "../../parts/loaded";
import { span } from "../../times";
import { words } from "../../words";
import type { SpanName } from "./filters";

type Figures = Shape<"Figures">;
const EVERY_MS = 30_000;
const HOUR_MS = 3_600_000;
/** Fewer would be said as none. */
const LEAST_RATE = 0.1;

export function AlertFigures({ span: name, sinceMs }: { span: SpanName; sinceMs: number }) {
  const told = words().alarms.page;
  const { value, isCurrent } = useLoaded(
    (signal) => ask<Figures>("alerts/figures", { since: new Date(sinceMs).toISOString() }, signal),
    `${name} ${sinceMs}`,
    EVERY_MS,
  );
  const figures = isCurrent ? value.value : undefined;
  const fresh = orderedAlerts.value.filter(isNew);
  const critical = fresh.filter(({ severity }) => severity === "critical").length;
  return (
    <Tiles>
      <Tile
        head={told.notAcknowledged}
        value={<span class={critical > 0 ? "crit" : ""}>{fresh.length}</span>}
        unit={told.critical(critical)}
      />
      <Acknowledged figures={figures} spanName={told.spans[name]} />
      <Tile
        head={told.perHour}
        value={figures ? perHour(figures) : "–"}
        unit={figures && told.peak(figures.per_ten_minutes.peak)}
      />
      <Tile
        head={told.floods}
        value={figures ? figures.floods.count : "–"}
        unit={figures && floodWords(figures)}
      />
    </Tiles>
  );
}

function Acknowledged({ figures, spanName }: { figures: Figures | undefined; spanName: string }) {
  const told = words().alarms.page;
  const { median_s, p90_s } = figures?.acknowledgement ?? { median_s: null, p90_s: null };
  return (
    <Tile
      head={told.timeToAcknowledge}
      value={median_s === null ? "–" : span(median_s * 1000)}
      unit={told.median(spanName)}
    >
      {p90_s !== null && <div class="xs mut">{told.nineOfTen(span(p90_s * 1000))}</div>}
    </Tile>
  );
}

function perHour(figures: Figures): string {
  const hours = (Date.parse(figures.until) - Date.parse(figures.since)) / HOUR_MS;
  const rate = hours > 0 ? figures.annunciated / hours : 0;
  if (rate > 0 && rate < LEAST_RATE) return `< ${fixed(LEAST_RATE, 1)}`;
  return rate >= 10 ? figure(Math.round(rate)) : fixed(rate, 1);
}

function floodWords({ floods }: Figures): string {
  const told = words().alarms.page;
  return floods.count === 0
    ? told.floodNone
    : told.floodShare(decimal(floods.share_of_time * 100, 1));
}
