import { describe, expect, test } from "vitest";
import type { Point, Ring } from "./geometry";
import { type Command, changed, isSameShape, NO_OUTLINE, next, type Outline } from "./model";
import { randomFrom } from "./seeded";
import { begun, redone, replaced, type Steps, settled, stepped, undone } from "./steps";

const SQUARE: Ring = [
  [10, 10],
  [20, 10],
  [20, 20],
  [10, 20],
];

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
