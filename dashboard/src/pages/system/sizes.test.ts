import { expect, test } from "vitest";
import { size } from "./sizes";

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [9_960, "10 kB"],
  [412_300_000, "412 MB"],
  [999_900_000, "1.0 GB"],
  [61e9, "61 GB"],
])("%i bytes are said as %s", (bytes, text) => {
  expect(size(bytes)).toBe(text);
});
