import { expect, test } from "vitest";
import { rangeOf, sensorsOf, withGaps } from "./sensors";

const sensor = (name: string) => ({
  sensor: name,
  quantity: "temperature",
  value: 4,
  unit: "°C",
  time: "2026-11-17T14:00:00Z",
});
const hung = (name: string, zone: string | null) => ({ name, zone, points: [] });

test("a tag that measures, a tracker, and what hangs in the zone all tell something of an asset", () => {
  const sensors = ["radio:e2806894", "map:van", "air:cold", "air:yard", "radio:other"].map(sensor);
  const readers = [hung("air:cold", "Cold store"), hung("air:yard", "Yard")];
  const asset = { id: "P-1", tags: ["e2806894", "gps:van"] };
  const { own, around } = sensorsOf(asset, "Cold store", sensors, readers);
  expect(own.map((each) => each.sensor)).toEqual(["radio:e2806894", "map:van"]);
  expect(around.map((each) => each.sensor)).toEqual(["air:cold"]);
  expect(sensorsOf(asset, null, sensors, readers).around).toEqual([]);
});

test("a line is broken where the sensor said nothing for long, and nowhere else", () => {
  const at = (timeMs: number) => ({ timeMs, value: 1 });
  const points = [at(0), at(10), at(20), at(100), at(110)];
  expect(withGaps(points, 0).map(({ value }) => value)).toEqual([1, 1, 1, null, 1, 1]);
  expect(withGaps(points, 20)).toHaveLength(5);
  expect(withGaps([at(0)], 0)).toHaveLength(1);
});

test("the range of a series skips its gaps", () => {
  expect(rangeOf([{ timeMs: 0, value: null }])).toBeNull();
  const points = [3, null, -2].map((value, timeMs) => ({ timeMs, value }));
  expect(rangeOf(points)).toEqual([-2, 3]);
});
