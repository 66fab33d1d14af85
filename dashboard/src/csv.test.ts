import { expect, test } from "vitest";
import { csvOf } from "./csv";

test("a cell that a spreadsheet would run stays a text", () => {
  expect(csvOf(["a"], [["=1+1"], ['x"y,z'], [-2]])).toBe('a\r\n\'=1+1\r\n"x""y,z"\r\n-2');
});
