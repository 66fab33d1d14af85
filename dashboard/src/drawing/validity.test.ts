import { describe, expect, test } from "vitest";
import {
  areaOf,
  contains,
  crossesItself,
  holds,
  overlaps,
  type Point,
  type Ring,
} from "./geometry";
import { randomFrom } from "./seeded";
import { floorRing } from "./snapping";
import { faultOf, judged } from "./validity";

const SQUARE: Ring = [
  [10, 10],
  [20, 10],
  [20, 20],
  [10, 20],
];

describe("validity", () => {
  test("two corners, no area and a crossing are told apart", () => {
    expect(faultOf(SQUARE.slice(0, 2))).toBe("few");
    expect(
      faultOf([
        [0, 0],
        [5, 0],
        [9, 0],
      ]),
    ).toBe("flat");
    expect(
      faultOf([
        [0, 0],
        [10, 10],
        [10, 0],
        [0, 12],
      ]),
    ).toBe("crossing");
    expect(
      faultOf([
        [1, 1],
        [5, 5],
        [5, 1],
        [1, 5],
      ]),
      "a bow tie, whose halves cancel each other",
    ).toBe("crossing");
    expect(faultOf(SQUARE)).toBeNull();
  });

  test("an edge that comes back on itself, or touches a corner, is a crossing", () => {
    expect(
      crossesItself([
        [0, 0],
        [10, 0],
        [5, 0],
        [5, 5],
      ]),
    ).toBe(true);
    expect(
      crossesItself([
        [0, 0],
        [10, 0],
        [10, 10],
        [5, 0],
        [0, 10],
      ]),
    ).toBe(true);
    expect(
      crossesItself([
        [0, 0],
        [10, 0],
        [10, 10],
        [5, 4],
        [0, 10],
      ]),
    ).toBe(false);
  });

  test("the fault does not depend on where the outline begins or which way it goes round", () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = randomFrom(seed);
      const count = 3 + Math.floor(random() * 5);
      const ring: Point[] = Array.from({ length: count }, () => [
        Math.round(random() * 12),
        Math.round(random() * 12),
      ]);
      const fault = faultOf(ring);
      const turned = [...ring.slice(1), ...ring.slice(0, 1)];
      expect(faultOf(turned), `seed ${seed}`).toBe(fault);
      expect(faultOf(ring.toReversed()), `seed ${seed}`).toBe(fault);
    }
  });

  test("corners off the floor are named, the edge of the floor is on it", () => {
    const verdict = judged(
      [
        [0, 0],
        [61, 0],
        [60, 40],
        [-1, 40],
      ],
      [60, 40],
      [],
    );
    expect(verdict.outside).toEqual([1, 3]);
    expect(verdict.fault).toBeNull();
  });

  test("zones that share a wall do not overlap; one that lies in another is inside it", () => {
    const beside: Ring = [
      [20, 10],
      [30, 10],
      [30, 20],
      [20, 20],
    ];
    const across: Ring = [
      [15, 5],
      [25, 5],
      [25, 15],
      [15, 15],
    ];
    const within: Ring = [
      [12, 12],
      [14, 12],
      [14, 14],
      [12, 14],
    ];
    const around: Ring = [
      [0, 0],
      [60, 0],
      [60, 40],
      [0, 40],
    ];
    const verdict = judged(
      SQUARE,
      [60, 40],
      Object.entries({ beside, across, within, around }).map(([name, ring]) => ({
        name,
        rings: [ring],
      })),
    );
    expect(verdict.overlapping).toEqual(["across"]);
    expect(verdict.inner).toEqual(["within"]);
    expect(verdict.outer).toEqual(["around"]);
  });

  test("overlap is mutual", () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = randomFrom(seed);
      const box = (): Ring => {
        const [x, y] = [Math.round(random() * 8), Math.round(random() * 8)];
        return floorRing([1 + Math.round(random() * 4), 1 + Math.round(random() * 4)]).map(
          ([dx, dy]) => [x + dx, y + dy] as const,
        );
      };
      const [one, other] = [box(), box()];
      expect(overlaps(one, other), `seed ${seed}`).toBe(overlaps(other, one));
      if (contains(one, other)) expect(areaOf(one)).toBeGreaterThanOrEqual(areaOf(other));
    }
  });

  test("the edge belongs to the zone", () => {
    expect(holds(SQUARE, [20, 15])).toBe(true);
    expect(holds(SQUARE, [10, 10])).toBe(true);
    expect(holds(SQUARE, [20.01, 15])).toBe(false);
  });
});
