/** The card of the picked asset: where it is, since when, how it is known, what can be done. */
import { go, look } from "../../address";
import { ask, orNull, path } from "../../api/client";
import type { Shape } from "../../api/shape";
import { assetById } from "../../live/assets";
import { type Whereabouts, whereIs } from "../../live/live";
import { level } from "../../numbers";
import { Button } from "../../parts/controls";
import { useLoaded } from "../../parts/loaded";
import { ShapeGlyph } from "../../plan/glyph";
import { shapeOf } from "../../plan/shapes";
import { floors } from "../../site";
import { ago, beat, when } from "../../times";
import { words } from "../../words";
import { sensorsOf } from "../asset/sensors";
import { isFollowing, pickAsset, pickedAsset, shownFloor } from "./choices";

const AGAIN_MS = 5000;
const BATTERY_MS = 60_000;

interface Known {
  readonly position: Shape<"Position"> | null;
  readonly sighting: Shape<"Sighting"> | undefined;
  readonly movement: Shape<"Movement"> | undefined;
}

async function readKnown(id: string, tags: readonly string[], signal: AbortSignal): Promise<Known> {
  const first = async <T,>(where: string, query: Record<string, string | number>) =>
    (await ask<{ items: T[] }>(where, query, signal)).items[0];
  const [position, movement, ...sightings] = await Promise.all([
    orNull(ask<Shape<"Position">>(path`assets/${id}/position`, {}, signal)),
    first<Shape<"Movement">>("movements", { asset: id, limit: 1 }),
    ...tags.slice(0, 2).map((tag) => first<Shape<"Sighting">>("sightings", { tag, limit: 1 })),
  ]);
  const newest = sightings
    .filter((each) => each !== undefined)
    .sort((a, b) => b.last.localeCompare(a.last));
  return { position, movement, sighting: newest[0] };
}

/** What a tag or tracker of its own says of its battery; nothing where none does. */
async function readBattery(
  id: string,
  tags: string[],
  signal: AbortSignal,
): Promise<Shape<"Sensor"> | undefined> {
  const { items } = await ask<{ items: Shape<"Sensor">[] }>("sensors", { limit: 1000 }, signal);
  const { own } = sensorsOf({ id, tags }, null, items, []);
  return own.find(({ quantity, unit }) => quantity === "battery" && unit === "%");
}

export function Selection() {
  const id = pickedAsset.value;
  return id === null ? null : <Card key={id} id={id} />;
}

function Card({ id }: { id: string }) {
  const told = words().live.card;
  const asset = assetById.value.get(id);
  const now = whereIs(id);
  const tags = asset?.tags ?? (now?.isTag ? [id] : []);
  const known = useLoaded(
    (signal) => readKnown(id, tags, signal),
    `${id} ${tags.join(" ")}`,
    AGAIN_MS,
  );
  const battery = useLoaded(
    (signal) => readBattery(id, tags, signal),
    `${id} ${tags.join(" ")}`,
    BATTERY_MS,
  );
  return (
    <section class="sel" aria-label={told.title}>
      <div class="row btw">
        <span class="row grow">
          <ShapeGlyph shape={shapeOf(asset?.category ?? "")} look="picked" />
          <b class="el" title={asset?.name || id}>
            {asset?.name || id}
          </b>
        </span>
        <Button ghost icon="close" label={told.close} onClick={() => pickAsset(null)} />
      </div>
      <div class="sec sm sel-where">{whereWords(now, known.value.value)}</div>
      <dl class="kv no-ph">
        <Facts id={id} now={now} known={known.value.value} battery={battery.value.value} />
      </dl>
      <Verbs id={id} now={now} />
    </section>
  );
}

function whereWords(now: Whereabouts | null, known: Known | undefined): string {
  void beat.value;
  const told = words().live.card;
  if (!now) {
    const heard = known?.position?.last_heard;
    return heard ? `${told.nowhere}, ${told.lastHeard(ago(heard))}` : told.nowhere;
  }
  const since = known?.position?.zone === now.zone ? known?.position?.since : null;
  const zone = now.zone ?? words().live.table_.noZone;
  const place = since ? told.since(zone, when(since)) : zone;
  const heard = ago(now.heardMs);
  return `${place}, ${now.lastKnown ? told.lastHeard(heard) : told.seen(heard)}`;
}

interface FactsProps {
  id: string;
  now: Whereabouts | null;
  known: Known | undefined;
  battery: Shape<"Sensor"> | undefined;
}

function Facts({ id, now, known, battery }: FactsProps) {
  const told = words().live.card;
  const asset = assetById.value.get(id);
  const fix = known?.position?.fix;
  const rows: [string, string | null | undefined][] = [
    [told.lastZone, now ? null : known?.position?.last_zone],
    [told.owner, asset?.owner],
    [told.reader, readerWords(known)],
    [told.fix, fix && told.fixBy(fix.source, fix.accuracy_m === null ? "" : `${fix.accuracy_m} m`)],
    [told.sure, sureWords(now, known)],
    [told.home, asset?.home_zone],
    [told.battery, battery && batteryWords(battery)],
  ];
  return rows.map(([head, value]) =>
    value ? (
      <div class="kv-row" key={head}>
        <dt>{head}</dt>
        <dd class="el" title={value}>
          {value}
        </dd>
      </div>
    ) : null,
  );
}

function readerWords(known: Known | undefined): string {
  if (!known) return "…";
  const { sighting } = known;
  if (!sighting) return words().live.card.none;
  const rssi = sighting.rssi_dbm_max === null ? "" : level(sighting.rssi_dbm_max);
  return words().live.card.antenna(sighting.reader, sighting.antenna, rssi);
}

function batteryWords({ value, time }: Shape<"Sensor">): string {
  return words().live.card.batteryOf(Math.round(value), ago(time));
}

function sureWords(now: Whereabouts | null, known: Known | undefined): string | null {
  const told = words().live.card;
  if (now?.provisional) return told.provisional;
  if (now?.lastKnown) return words().live.lastKnown;
  const confidence = known?.movement?.to === now?.zone ? known?.movement?.confidence : null;
  return typeof confidence === "number" ? told.sureOf(Math.round(confidence * 100)) : null;
}

/** Follow, or not any more. */
export function toggleFollow(): void {
  if (pickedAsset.value) look({ follow: isFollowing.value ? null : 1 });
}

/** Show the way of the picked asset in the history. */
export function playBack(): void {
  const asset = pickedAsset.value;
  if (asset) go("history", { asset, floor: shownFloor.value?.name });
}

function Verbs({ id, now }: { id: string; now: Whereabouts | null }) {
  const told = words().live.card;
  const elsewhere = now?.floor && now.floor !== shownFloor.value?.name ? now.floor : null;
  const floor = floors.value.find(({ name }) => name === elsewhere);
  return (
    <div class="row sel-verbs">
      {floor ? (
        <Button extra="grow" onClick={() => pickAsset(id)}>
          {told.onFloor(floor.name)}
        </Button>
      ) : (
        <Button extra="grow" keyName="F" pressed={isFollowing.value} onClick={toggleFollow}>
          {isFollowing.value ? told.following : told.follow}
        </Button>
      )}
      <Button extra="grow" keyName="P" onClick={playBack}>
        {told.playBack}
      </Button>
      {assetById.value.has(id) && (
        <Button extra="grow" onClick={() => go("asset", { id })}>
          {told.open}
        </Button>
      )}
    </div>
  );
}
