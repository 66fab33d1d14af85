import { expect, test } from "vitest";
import { isUnseen, placeAfter } from "./filters";

const MIN = 60_000;

test("what was never heard is unseen for any time; the place stays in the list", () => {
  expect([isUnseen(null, "7d", 0), isUnseen(0, "1h", MIN), isUnseen(0, "1h", 61 * MIN)]).toEqual([
    true,
    false,
    true,
  ]);
  expect([placeAfter(0, -1, 3), placeAfter(2, 1, 3)]).toEqual([0, 2]);
});
