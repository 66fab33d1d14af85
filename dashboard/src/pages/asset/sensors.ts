/** Which sensors tell something of an asset, and their series as a line. Pure. */
import type { Asset, Shape } from "../../api/shape";
import type { PlotPoint } from "./series-plot";

type Sensor = Shape<"Sensor">;
type Reader = Pick<Shape<"Reader">, "name" | "zone" | "points">;

/** The newest values of one card: of the asset itself, or of what hangs in its zone. */
export interface Sensors {
  readonly own: readonly Sensor[];
  readonly around: readonly Sensor[];
}

/**
 * Sensors are called `LINK:DEVICE` or as their reader. A tag that measures is a device of its own
 * name, a tracker `gps:DEVICE` or `lora:DEVICE`; whatever else hangs in the zone of the asset, by
 * the site file, tells how it is around it.
 */
export function sensorsOf(
  asset: Pick<Asset, "id" | "tags">,
  zone: string | null,
  sensors: readonly Sensor[],
  readers: readonly Reader[],
): Sensors {
  const names = new Set([asset.id, ...asset.tags, ...asset.tags.map(afterColon)]);
  const isOwn = ({ sensor }: Sensor) => names.has(sensor) || names.has(afterColon(sensor));
  const there = new Set(readers.filter((reader) => isIn(reader, zone)).map(({ name }) => name));
  return {
    own: sensors.filter(isOwn),
    around: sensors.filter((each) => !isOwn(each) && there.has(each.sensor)),
  };
}

function afterColon(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function isIn({ zone, points }: Reader, wanted: string | null): boolean {
  return wanted !== null && (zone === wanted || points.some((point) => point.zone === wanted));
}

/** A pause of so many usual ones is a gap. */
const PAUSES = 5;

/** The points with a gap where a sensor said nothing for long; oldest first, as they came. */
export function withGaps(points: readonly PlotPoint[], stepMs: number): PlotPoint[] {
  const pauses = points.slice(1).map((point, place) => point.timeMs - (points[place]?.timeMs ?? 0));
  const usual = pauses.toSorted((a, b) => a - b)[pauses.length >> 1] ?? 0;
  const most = Math.max(usual, stepMs) * PAUSES;
  return points.flatMap((point, place) => {
    const pause = pauses[place - 1] ?? 0;
    return pause > most ? [{ timeMs: point.timeMs - 1, value: null }, point] : [point];
  });
}

/** The least and the most of a series; null where there is nothing. */
export function rangeOf(points: readonly PlotPoint[]): readonly [number, number] | null {
  const values = points.flatMap(({ value }) => value ?? []);
  return values.length ? [Math.min(...values), Math.max(...values)] : null;
}
