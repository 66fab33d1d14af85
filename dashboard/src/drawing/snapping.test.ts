import { describe, expect, test } from "vitest";
import type { Point, Ring } from "./geometry";
import { randomFrom } from "./seeded";
import { floorRing, type Surroundings, snap } from "./snapping";

const SQUARE: Ring = [
  [10, 10],
  [20, 10],
  [20, 20],
  [10, 20],
];

describe("snapping", () => {
  const around: Surroundings = {
    on: true,
    rings: [SQUARE, floorRing([60, 40])],
    before: [],
    after: [],
    reach_m: 0.5,
  };

  test("a corner goes before the wall it stands on", () => {
    expect(snap([10.3, 9.8], around)).toMatchObject({ at: [10, 10], to: "corner" });
  });

  test("onto a wall, and along it onto the grid", () => {
    expect(snap([20.3, 15.04], around)).toMatchObject({ at: [20, 15], to: "wall" });
    expect(snap([59.7, 30.33], around)).toMatchObject({ at: [60, 30.3], to: "wall" });
  });

  test("to a right angle with the corner before, and to the corner that closes a rectangle", () => {
    const drawn = {
      ...around,
      before: [
        [30, 5],
        [25, 5],
      ] as Point[],
      after: [[25, 12]] as Point[],
    };
    expect(snap([30.2, 8.1], drawn)).toMatchObject({ to: "angle", at: [30, 8.1] });
    expect(snap([30.2, 11.8], drawn)).toMatchObject({ to: "angle", at: [30, 12] });
  });

  test("square to a slanted edge", () => {
    const drawn = {
      ...around,
      before: [
        [30, 30],
        [27, 27],
      ] as Point[],
    };
    expect(snap([33.1, 27.1], drawn)).toMatchObject({ to: "angle", at: [33, 27] });
  });

  test("a right angle ends at a wall that is near", () => {
    const drawn = { ...around, before: [[30, 15]] as Point[] };
    expect(snap([20.2, 15.2], drawn)).toMatchObject({ to: "angle", at: [20, 15] });
  });

  test("nothing near: the grid; snapping off: the very place", () => {
    expect(snap([40.37, 33.33], around)).toMatchObject({ at: [40.4, 33.3], to: "grid" });
    expect(snap([10.333, 9.8], { ...around, on: false })).toMatchObject({
      at: [10.33, 9.8],
      to: null,
    });
  });

  test("it never moves a point further than its reach, but for the grid and a meeting of two", () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const random = randomFrom(seed);
      const at: Point = [random() * 60, random() * 40];
      const before: Point[] = [
        [random() * 60, random() * 40],
        [random() * 60, random() * 40],
      ];
      const snapped = snap(at, { ...around, before });
      const moved = Math.hypot(snapped.at[0] - at[0], snapped.at[1] - at[1]);
      expect(moved, `seed ${seed}`).toBeLessThanOrEqual(0.5 * 1.5 + 0.02);
    }
  });
});
