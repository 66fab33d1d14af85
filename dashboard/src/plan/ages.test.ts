import { expect, test } from "vitest";
import { AGED_S, aged, ageWords } from "./ages";
import { marksOf } from "./marks";
import { LOOK } from "./types";

function someMarks() {
  const marks = marksOf(
    ["new", "old", "older", "seen", "nowhere"].map((name, x) => ({ name, x, y: 0, shape: 0 })),
  );
  const stale = LOOK.shown | LOOK.lastKnown;
  marks.look.set([stale, stale, stale, LOOK.shown, stale | LOOK.nowhere]);
  marks.age_s.set([AGED_S - 1, AGED_S, 7200, 7200, 7200]);
  return marks;
}

test("the age is told from ten minutes on, of who is last known and drawn", () => {
  const marks = someMarks();
  expect(aged(marks).map((at) => marks.name[at])).toEqual(["old", "older"]);
});

test("what is older than can be told says so", () => {
  expect(ageWords(720)).toBe("12 min");
  expect(ageWords(0xffff)).toBe("> 18 h");
});
