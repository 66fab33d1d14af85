import { expect, test } from "vitest";
import { restrictedBy } from "../site";
import { insetRings, outlineOf } from "./outline";

const square = (from: number, to: number) => [
  [from, from],
  [to, from],
  [to, to],
  [from, to],
];

test("the second line of a zone lies inside, also where the corners run the other way", () => {
  for (const polygon of [square(0, 10), square(0, 10).toReversed()]) {
    const outline = outlineOf({ polygon, geometry: null });
    const [ring] = outline ? insetRings(outline, 1) : [];
    expect([...(ring ?? [])].sort((a, b) => a - b)).toEqual([1, 1, 1, 1, 9, 9, 9, 9]);
  }
});

test("around a hole it lies outside of the hole", () => {
  const geometry = { type: "Polygon", coordinates: [square(0, 10), square(4, 6)] };
  const outline = outlineOf({ polygon: null, geometry });
  const hole = outline ? insetRings(outline, 1)[1] : undefined;
  expect([...(hole ?? [])].sort((a, b) => a - b)).toEqual([3, 3, 3, 3, 7, 7, 7, 7]);
});

test("restricted is what a rule in service forbids", () => {
  const rule = (kind: string, zone: string, out_of_service: string | null = null) => ({
    kind,
    zones: [zone],
    out_of_service,
  });
  const rules = [rule("forbidden", "cage"), rule("dwell", "dock"), rule("forbidden", "lab", "off")];
  expect([...restrictedBy(rules)]).toEqual(["cage"]);
});
