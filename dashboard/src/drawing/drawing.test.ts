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
import { type Command, changed, isSameShape, NO_OUTLINE, next, type Outline } from "./model";
import { floorRing, type Surroundings, snap } from "./snapping";
import { begun, redone, replaced, type Steps, settled, stepped, undone } from "./steps";
import { faultOf, judged } from "./validity";

const SQUARE: Ring = [
  [10, 10],
  [20, 10],
  [20, 20],
  [10, 20],
];

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function anyCommand(random: () => number, corners: number): Command {
  const at: Point = [random() * 60, random() * 40];
  const place = Math.floor(random() * (corners + 2)) - 1;
  const choices: Command[] = [
    { do: "add", at },
    { do: "add", at },
    { do: "insert", edge: place },
    { do: "insert", edge: place, at },
    { do: "move", corner: place, to: at },
    { do: "delete", corner: place },
    { do: "pick", corner: random() < 0.2 ? null : place },
  ];
  return choices[Math.floor(random() * choices.length)] ?? { do: "pick", corner: null };
}

function did(steps: Steps<Outline>, command: Command): Steps<Outline> {
  const value = changed(steps.now, command);
  return command.do === "pick" ? replaced(steps, value) : stepped(steps, value);
}

const SEEDS = Array.from({ length: 100 }, (_, index) => index + 1);

/** Sixty commands, and what the outline was after each that counted. */
function history(seed: number): { steps: Steps<Outline>; seen: Outline[] } {
  const random = randomFrom(seed);
  let steps = begun(NO_OUTLINE);
  const seen = [steps.now];
  for (let count = 0; count < 60; count += 1) {
    const length = steps.before.length;
    steps = did(steps, anyCommand(random, steps.now.corners.length));
    if (steps.before.length > length) seen.push(steps.now);
    else seen[seen.length - 1] = steps.now;
  }
  return { steps, seen };
}

function anyTurn(steps: Steps<Outline>, random: () => number): Steps<Outline> {
  const turn = random();
  if (turn < 0.15) return undone(steps);
  if (turn < 0.25) return redone(steps);
  return did(steps, anyCommand(random, steps.now.corners.length));
}

describe("steps", () => {
  test.each(SEEDS)("any commands are undone exactly, and done again exactly (seed %i)", (seed) => {
    const { steps: last, seen } = history(seed);
    let steps = last;
    for (const value of seen.slice(0, -1).reverse()) {
      steps = undone(steps);
      expect(isSameShape(steps.now.corners, value.corners)).toBe(true);
    }
    expect(undone(steps)).toBe(steps);
    for (const value of seen.slice(1)) {
      steps = redone(steps);
      expect(isSameShape(steps.now.corners, value.corners)).toBe(true);
    }
    expect(steps.now).toEqual(last.now);
    expect(redone(steps)).toBe(steps);
  });

  test.each(SEEDS)("a picked corner is always one that is there (seed %i)", (seed) => {
    const random = randomFrom(seed);
    let steps = begun(NO_OUTLINE);
    for (let count = 0; count < 80; count += 1) {
      steps = anyTurn(steps, random);
      const { corners, picked } = steps.now;
      expect(picked === null || corners[picked] !== undefined).toBe(true);
    }
  });

  test("a drag is one step, and the next drag another one", () => {
    let steps = begun<Outline>({ corners: SQUARE, picked: 0 });
    for (const x of [11, 12, 13]) {
      steps = stepped(steps, changed(steps.now, { do: "move", corner: 0, to: [x, 10] }), "drag 0");
    }
    steps = settled(steps);
    steps = stepped(steps, changed(steps.now, { do: "move", corner: 0, to: [14, 10] }), "drag 0");
    expect(steps.before).toHaveLength(2);
    expect(undone(steps).now.corners[0]).toEqual([13, 10]);
    expect(undone(undone(steps)).now.corners).toBe(SQUARE);
  });

  test("what is done after an undo takes the place of what was undone", () => {
    let steps = begun<Outline>({ corners: SQUARE, picked: null });
    steps = did(steps, { do: "delete", corner: 0 });
    steps = did(undone(steps), { do: "delete", corner: 1 });
    expect(redone(steps)).toBe(steps);
    expect(undone(steps).now.corners).toBe(SQUARE);
  });

  test("a command that changes nothing is no step", () => {
    const steps = begun<Outline>({ corners: SQUARE, picked: 0 });
    expect(did(steps, { do: "delete", corner: 9 })).toBe(steps);
    expect(did(steps, { do: "move", corner: 0, to: [10, 10] })).toBe(steps);
  });
});

describe("corners", () => {
  const outline: Outline = { corners: SQUARE, picked: null };

  test("an edge takes a corner in its middle, also the one that closes the outline", () => {
    expect(changed(outline, { do: "insert", edge: 0 })).toMatchObject({ picked: 1 });
    expect(changed(outline, { do: "insert", edge: 0 }).corners[1]).toEqual([15, 10]);
    expect(changed(outline, { do: "insert", edge: 3 }).corners[4]).toEqual([10, 15]);
  });

  test("next goes round, forwards and backwards", () => {
    expect(next({ ...outline, picked: 3 })).toBe(0);
    expect(next({ ...outline, picked: 0 }, -1)).toBe(3);
    expect(next(outline)).toBe(0);
    expect(next(NO_OUTLINE)).toBeNull();
  });

  test("coordinates are kept to a centimetre, and never as minus zero", () => {
    const at = changed(NO_OUTLINE, { do: "add", at: [1.23456, -0.001] }).corners[0];
    expect(at).toEqual([1.23, 0]);
    expect(Object.is(at?.[1], 0)).toBe(true);
  });
});

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
