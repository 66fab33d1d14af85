/** Cards of an asset: figures, about, alerts, what happened, what was measured. */

import { addressTo } from "../../address";
import { alertSentence } from "../../alarms/sentence";
import { openAlerts, symbolStateOf } from "../../alarms/store";
import type { Shape } from "../../api/shape";
import { decimal, level } from "../../numbers";
import { Tile, Tiles } from "../../parts/figures";
import { useLoaded } from "../../parts/loaded";
import { AlertSymbol } from "../../parts/symbol";
import { eventWords } from "../../past/event-words";
import { ago, when } from "../../times";
import { words } from "../../words";
import { type AssetNow, type LastDay, readSeries } from "./asks";
import { rangeOf } from "./sensors";
import { SeriesPlot } from "./series-plot";

const EVENTS = 12;

export function Figures({ now, lastDay }: { now: AssetNow; lastDay: LastDay | undefined }) {
  const told = words().history.asset;
  const { position, sighting, sensors } = now;
  const battery = sensors.own.find(({ quantity }) => quantity === "battery");
  const changes = lastDay?.past.events.filter(({ what }) => what.type === "movement") ?? [];
  const last = changes.at(-1);
  const heard = heardMs(position);
  const rssi = sighting?.rssi_dbm_max;
  return (
    <Tiles>
      <Tile head={told.zone} value={<span class="el fig">{position?.zone ?? told.noZone}</span>}>
        <span class="xs mut">{sinceWords(position)}</span>
      </Tile>
      <Tile
        head={told.lastRead}
        value={<span class="fig">{heard ? ago(heard) : told.notRead}</span>}
      >
        <span class="xs mut">
          {sighting && told.readBy(sighting.reader, sighting.antenna)}
          {typeof rssi === "number" && `, ${level(rssi)}`}
        </span>
      </Tile>
      <Tile head={told.today} value={<span class="fig">{lastDay ? changes.length : "…"}</span>}>
        <span class="xs mut">{last && told.lastChange(ago(last.timeMs))}</span>
      </Tile>
      {battery && (
        <Tile
          head={told.battery}
          value={<span class="fig">{Math.round(battery.value)}</span>}
          unit={battery.unit}
        >
          <span class="xs mut">{ago(battery.time)}</span>
        </Tile>
      )}
    </Tiles>
  );
}

/** The newest read or fix; what tells its own place is never read. 0 where there is neither. */
function heardMs(position: Shape<"Position"> | null): number {
  const times = [position?.last_heard, position?.fix?.time];
  return Math.max(0, ...times.map((time) => (time ? Date.parse(time) : 0)));
}

function sinceWords(position: Shape<"Position"> | null): string {
  const told = words().history.asset;
  if (!position) return told.presence.unknown;
  const since = position.since ?? position.presence_since;
  const last =
    position.zone === null && position.last_zone ? told.lastZone(position.last_zone) : "";
  return [last, since && told.since(when(since)), told.presence[position.presence]]
    .filter(Boolean)
    .join(", ");
}

export function About({ now }: { now: AssetNow }) {
  const told = words().history.asset;
  const { asset } = now;
  const rows: [string, string][] = [
    [told.number, asset.id],
    [told.category, asset.category],
    [told.group, asset.group],
    [told.home, asset.home_zone],
    [told.person, asset.owner],
    [told.serial, asset.serial],
    [told.sku, asset.sku],
    [told.lot, asset.lot],
    [told.status, asset.status],
  ];
  return (
    <section class="card asset-facts">
      <h2>{told.about}</h2>
      <dl class="kv">
        {rows.map(([head, value]) =>
          value ? (
            <>
              <dt>{head}</dt>
              <dd>{value}</dd>
            </>
          ) : null,
        )}
        <dt>{told.tags}</dt>
        <dd class="mono">
          {asset.tags.map((tag) => (
            <div key={tag}>{tag}</div>
          ))}
        </dd>
      </dl>
    </section>
  );
}

export function OpenAlerts({ id }: { id: string }) {
  const told = words().history.asset;
  const mine = [...openAlerts.value.values()].filter((alert) => alert.asset === id);
  return (
    <section class="card">
      <h2>{told.alerts}</h2>
      {mine.length === 0 && <p class="mut sm">{told.noAlerts}</p>}
      <ul class="col sm">
        {mine.map((alert) => (
          <li key={alert.id}>
            <a class="row" href={addressTo("alerts", { alert: alert.id })}>
              <AlertSymbol severity={alert.severity} state={symbolStateOf(alert)} />
              <span class="grow">{alertSentence(alert)}</span>
              <span class="mut">{ago(alert.time)}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Happened({ lastDay }: { lastDay: LastDay | undefined }) {
  const told = words().history.asset;
  const events = lastDay?.past.events.slice(-EVENTS).toReversed() ?? [];
  return (
    <section class="card grow">
      <h2>{told.events}</h2>
      {lastDay && events.length === 0 && <p class="mut sm">{told.noEvents}</p>}
      <ul class="events-list">
        {events.map((event) => {
          const { head, rest } = eventWords(event);
          return (
            <li key={event.id}>
              <span class="mut">{when(event.timeMs)}</span>
              <span>
                {event.severity && <AlertSymbol severity={event.severity} />} {head}
                <br />
                <span class="mut">{rest}</span>
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** What it measured itself, and what hangs where it is. */
export function Measured({ now }: { now: AssetNow }) {
  const told = words().history.asset;
  const { own, around } = now.sensors;
  return (
    <>
      <Quantities title={told.sensors} sensors={own} />
      <Quantities title={told.sensorsIn(now.position?.zone ?? "")} sensors={around} />
    </>
  );
}

function Quantities({ title, sensors }: { title: string; sensors: AssetNow["sensors"]["own"] }) {
  if (sensors.length === 0) return null;
  return (
    <section class="card">
      <h2>{title}</h2>
      {sensors.map((sensor) => (
        <Quantity key={`${sensor.sensor} ${sensor.quantity}`} sensor={sensor} />
      ))}
    </section>
  );
}

const AGAIN_MS = 60_000;

function Quantity({ sensor }: { sensor: Shape<"Sensor"> }) {
  const { sensor: name, quantity, value, unit } = sensor;
  const key = `${name} ${quantity}`;
  const series = useLoaded((ended) => readSeries(name, quantity, ended), key, AGAIN_MS);
  const points = series.value.value;
  const range = points && rangeOf(points);
  const span = range && words().history.asset.range(decimal(range[0]), decimal(range[1]), unit);
  return (
    <div>
      <div class="row btw sm">
        <span>
          <b>{`${quantity} ${decimal(value)} ${unit}`}</b> <span class="mut">{name}</span>
        </span>
        <span class="mut nw">{ago(sensor.time)}</span>
      </div>
      {points && <SeriesPlot points={points} unit={unit} label={`${quantity}, ${span ?? ""}`} />}
    </div>
  );
}
