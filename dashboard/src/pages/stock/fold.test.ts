import { expect, test } from "vitest";
import { CONFIRMED_MS, foldStock, type Stocked } from "./fold";

const NOW = 1_800_000_000_000;

function item(zone: string, agoMs: number, more: Partial<Stocked> = {}): Stocked {
  return { zone, item: "pallet", heardMs: NOW - agoMs, unknown: false, ...more };
}

test("what was heard lately is confirmed, all else is last known, and both add up", () => {
  const { rows, total } = foldStock(
    [item("a", 0), item("a", CONFIRMED_MS + 1), item("b", 5)],
    "zone",
    NOW,
  );
  expect(rows.map((row) => [row.name, row.onHand, row.confirmed, row.lastKnown])).toEqual([
    ["a", 2, 1, 1],
    ["b", 1, 1, 0],
  ]);
  expect(total).toMatchObject({ onHand: 3, confirmed: 2, lastKnown: 1 });
});

test("where readers do not hear, nothing is confirmed, however fresh its read is", () => {
  expect(foldStock([item("a", 0, { unknown: true })], "zone", NOW).total.confirmed).toBe(0);
});

test("the oldest read of a row is the one that is longest ago", () => {
  const { rows } = foldStock([item("a", 10), item("a", 4_000), item("a", 30)], "zone", NOW);
  expect(rows[0]?.oldestMs).toBe(NOW - 4_000);
});

test("the same stock by item has the same total", () => {
  const items = [item("a", 1), item("b", 2, { item: "laptop" }), item("b", 3)];
  expect(foldStock(items, "item", NOW).total.onHand).toBe(
    foldStock(items, "zone", NOW).total.onHand,
  );
});

test("of the past what was where readers could hear is told apart, and no age", () => {
  const items = [item("a", 0), item("a", 0, { unknown: true })];
  const { rows } = foldStock(
    items.map((each) => ({ ...each, heardMs: null })),
    "zone",
    null,
  );
  expect(rows[0]).toMatchObject({ onHand: 2, confirmed: 1, lastKnown: 1, oldestMs: null });
});

test("an empty site is an empty stock", () => {
  expect(foldStock([], "zone", NOW)).toEqual({
    rows: [],
    total: expect.objectContaining({ onHand: 0, oldestMs: null }),
  });
});
