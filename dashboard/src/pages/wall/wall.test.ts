import { expect, test } from "vitest";
import { wholeRows } from "./whole-rows";

const rows = (count: number, tells = 1) =>
  Array.from({ length: count }, (_, at) => ({ bottom: (at + 1) * 100, tells }));

test("rows that all go in are all shown, and nothing is said of more", () => {
  expect(wholeRows(rows(5), 500, 40)).toEqual({ shown: 5, rest: 0 });
  expect(wholeRows([], 500, 40)).toEqual({ shown: 0, rest: 0 });
});

test("a row is shown whole or not at all, and the others are counted", () => {
  expect(wholeRows(rows(5), 499, 40)).toEqual({ shown: 4, rest: 1 });
  expect(wholeRows(rows(8), 530, 40)).toEqual({ shown: 4, rest: 4 });
  expect(wholeRows(rows(8), 90, 40)).toEqual({ shown: 0, rest: 8 });
});

test("a row that tells of several counts as so many", () => {
  expect(wholeRows([...rows(2), { bottom: 300, tells: 6 }], 250, 40)).toEqual({
    shown: 2,
    rest: 6,
  });
});
