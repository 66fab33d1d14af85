import { expect, test } from "vitest";
import { contains, edgeDistance, middleOf, type Outline, outlineOf } from "./outline";
import { pointsIn, Seats } from "./places";

function drawn(
  polygon: number[][] | null,
  geometry: Record<string, unknown> | null = null,
): Outline {
  const outline = outlineOf({ polygon, geometry });
  if (!outline) throw new Error("not drawn");
  return outline;
}

const BOX = drawn([
  [0, 0],
  [20, 0],
  [20, 10],
  [0, 10],
]);
const ELL = drawn([
  [0, 0],
  [20, 0],
  [20, 4],
  [4, 4],
  [4, 20],
  [0, 20],
]);
const RING = drawn(null, {
  type: "Polygon",
  coordinates: [
    [
      [0, 0],
      [30, 0],
      [30, 30],
      [0, 30],
      [0, 0],
    ],
    [
      [5, 5],
      [25, 5],
      [25, 25],
      [5, 25],
      [5, 5],
    ],
  ],
});
const TWO = drawn(null, {
  type: "MultiPolygon",
  coordinates: [
    [
      [
        [0, 0],
        [5, 0],
        [5, 5],
        [0, 5],
      ],
    ],
    [
      [
        [20, 0],
        [30, 0],
        [30, 8],
        [20, 8],
      ],
    ],
  ],
});
const SLIVER = drawn([
  [0, 0],
  [50, 0.2],
  [50, 0.4],
  [0, 0.2],
]);

test.each([
  ["a box", BOX],
  ["a corner", ELL],
  ["a ring around a hole", RING],
  ["two parts", TWO],
])("in %s every place lies inside and not on the edge", (_, outline) => {
  const points = pointsIn(outline, 60);
  expect(points.length).toBeGreaterThan(30);
  for (const { x, y } of points) {
    expect(contains(outline, x, y)).toBe(true);
    expect(edgeDistance(outline, x, y)).toBeGreaterThan(0.2);
  }
});

test("the corner of the label stays free", () => {
  const under = pointsIn(BOX, 60).filter(({ x, y }) => y > 8.1 && x < 11.9);
  expect(under).toEqual([]);
});

test("a zone that is too narrow for places has one all the same", () => {
  expect(pointsIn(SLIVER, 48).length).toBeGreaterThan(0);
});

test("places are the same in every browser and at every call", () => {
  expect(pointsIn(ELL, 50)).toEqual(pointsIn(ELL, 50));
  const [one, other] = [new Seats(BOX), new Seats(BOX)];
  other.place("P-9");
  expect(one.place("LT-1")).toEqual(other.place("LT-1"));
});

test("a place is kept while others come and go, and free again when it was left", () => {
  const seats = new Seats(BOX);
  const mine = seats.place("LT-1");
  for (let number = 0; number < 20; number++) seats.place(`P-${number}`);
  seats.leave("P-3");
  expect(seats.place("LT-1")).toEqual(mine);
});

test("a full zone is set more densely, and nobody shares a place", () => {
  const seats = new Seats(BOX);
  const names = Array.from({ length: 300 }, (_, number) => `P-${number}`);
  for (const name of names) seats.place(name);
  const places = new Set(names.map((name) => JSON.stringify(seats.place(name))));
  expect(places.size).toBe(300);
});

test.each([
  ["a box", BOX],
  ["a corner", ELL],
  ["a ring", RING],
])("the middle of %s lies inside it, away from its edges", (_, outline) => {
  const { x, y } = middleOf(outline);
  expect(contains(outline, x, y)).toBe(true);
  expect(edgeDistance(outline, x, y)).toBeGreaterThan(1);
});

test("a hole is not inside, the second part is", () => {
  expect(contains(RING, 15, 15)).toBe(false);
  expect(contains(TWO, 25, 4)).toBe(true);
  expect(contains(TWO, 10, 2)).toBe(false);
});

test("a zone without a drawing has no outline", () => {
  expect(outlineOf({ polygon: null, geometry: null })).toBeNull();
});
