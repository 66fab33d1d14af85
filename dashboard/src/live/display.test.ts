import { expect, test } from "vitest";
import { entryOf, keyIn, takeKey } from "./display";

test("the key of a wall is taken from the fragment, and the fragment from the address", () => {
  history.replaceState(null, "", "/wall?floor=ground#key=tw_1_a");
  expect(takeKey()).toBe("tw_1_a");
  expect(location.href.endsWith("/wall?floor=ground")).toBe(true);
  expect(takeKey()).toBeNull();
});

test("a fragment without a key is none", () => {
  expect(keyIn("#main")).toBeNull();
  expect(keyIn("")).toBeNull();
});

test.each([
  [200, "in"],
  [401, "refused"],
  [403, "refused"],
  [409, "other"],
  [0, "away"],
  [503, "away"],
])("answer %i to a key means %s", (status, entry) => {
  expect(entryOf(status)).toBe(entry);
});
