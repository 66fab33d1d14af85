/** What the page of an asset asks of the gateway. */
import { ask, askFully, orNull, path } from "../../api/client";
import type { Asset, Shape } from "../../api/shape";
import { type Past, pastOf } from "../../past/entries";
import { loadPasts } from "../../past/load";
import type { Span } from "../../past/span";
import { nowMs } from "../../times";
import { type Sensors, sensorsOf, withGaps } from "./sensors";

const DAY_MS = 86_400_000;

export interface AssetNow {
  readonly asset: Asset;
  readonly etag: string | null;
  readonly position: Shape<"Position"> | null;
  readonly custody: Shape<"Custody"> | null;
  readonly sighting: Shape<"Sighting"> | undefined;
  readonly sensors: Sensors;
}

/** All about an asset now; null where there is none of this id. */
export async function readAsset(id: string, ended: AbortSignal): Promise<AssetNow | null> {
  const found = await orNull(askFully<Asset>(path`assets/${id}`, {}, ended));
  if (!found) return null;
  const asset = found.body;
  const [position, custody, sensors, readers, ...sightings] = await Promise.all([
    orNull(ask<Shape<"Position">>(path`assets/${id}/position`, {}, ended)),
    orNull(ask<Shape<"Custody">>(path`assets/${id}/custody`, {}, ended)),
    listOf<Shape<"Sensor">>("sensors", ended),
    listOf<Shape<"Reader">>("readers", ended),
    ...asset.tags.slice(0, 4).map((tag) => newestSighting(tag, ended)),
  ]);
  const sighting = sightings
    .filter((each) => each !== undefined)
    .toSorted((a, b) => b.last.localeCompare(a.last))[0];
  const measured = sensorsOf(asset, position?.zone ?? null, sensors, readers);
  return { asset, etag: found.etag, position, custody, sighting, sensors: measured };
}

async function newestSighting(tag: string, ended: AbortSignal) {
  return (await ask<{ items: Shape<"Sighting">[] }>("sightings", { tag, limit: 1 }, ended))
    .items[0];
}

async function listOf<T>(where: string, ended: AbortSignal): Promise<readonly T[]> {
  return (await ask<{ items: T[] }>(where, { limit: 1000 }, ended)).items;
}

export interface LastDay {
  readonly past: Past;
  readonly span: Span;
}

export async function readLastDay(id: string, ended: AbortSignal): Promise<LastDay> {
  const now = nowMs();
  const span = { from: now - DAY_MS, to: now };
  const { pasts } = await loadPasts({ assets: [id], span }, () => {}, ended);
  return { past: pasts[0] ?? pastOf(id, [], [], span), span };
}

/** What a sensor measured in the last 24 h, oldest first. */
export async function readSeries(sensor: string, quantity: string, ended: AbortSignal) {
  const where = path`sensors/${sensor}/series`;
  const { items, step_s } = await ask<Shape<"Series">>(where, { quantity }, ended);
  const points = items.map((each) => ({ timeMs: Date.parse(each.time), value: each.mean }));
  return withGaps(points.toReversed(), step_s * 1000);
}
