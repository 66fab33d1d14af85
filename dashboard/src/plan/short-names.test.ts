import { expect, test } from "vitest";
import { shortNames } from "./short-names";

const FLOOR = ["Charging bay", "Racks A", "Racks B", "Dock", "High-value cage", "Rampe 12"];

test("a short name is the first word, then the initials, and says one zone only", () => {
  const short = shortNames(FLOOR);
  expect(short.get("Charging bay")).toEqual(["Charging", "CB"]);
  expect(short.get("Racks A")).toEqual(["RA"]);
  expect(short.get("Racks B")).toEqual(["RB"]);
  expect(short.get("Dock")).toEqual([]);
  expect(short.get("High-value cage")).toEqual(["High-value", "HVC"]);
  expect(short.get("Rampe 12")).toEqual(["Rampe", "R12"]);
});

test("a short name does not change with the order of the zones", () => {
  expect(new Map([...shortNames(FLOOR)].sort())).toEqual(
    new Map([...shortNames(FLOOR.toReversed())].sort()),
  );
});

test("what could be taken for another zone is no short name", () => {
  const short = shortNames(["Cold store", "Cold", "Corner shop", "Cross street"]);
  expect(short.get("Cold store")).toEqual([]);
  expect(short.get("Corner shop")).toEqual(["Corner"]);
});
