import { beforeEach, expect, test } from "vitest";
import { asked, go } from "../../address";
import { emptyLive } from "../../live/frame";
import { LOOSE_TAGS } from "../../live/loose";
import { outlineOf } from "../../plan/outline";
import type { DrawnFloor } from "../../plan/site";
import { hidden, toggle } from "./choices";
import { evidenceBox } from "./evidence-view";
import { rowsOf, sorted } from "./rows";
import { zoneRows } from "./zone-rows";

beforeEach(() => go("live"));

test("what is filtered away stands in the address, whatever its name", () => {
  for (const name of ["a,b", "", "Gabel & Stapler", LOOSE_TAGS]) {
    toggle(name);
    expect(hidden.value.has(name)).toBe(true);
  }
  expect(hidden.value.size).toBe(4);
  for (const name of ["a,b", "", "Gabel & Stapler", LOOSE_TAGS]) toggle(name);
  expect(asked("hide")).toBeNull();
});

const ASSETS = new Map(
  ["LT-10", "LT-9", "P-1"].map((id) => [
    id,
    {
      id,
      name: "",
      category: id.startsWith("LT") ? "laptop" : "pallet",
      tags: [],
      group: "",
      sku: "",
      serial: "",
      lot: "",
      owner: "",
      home_zone: "",
      status: "",
    },
  ]),
);

function map() {
  const live = emptyLive();
  live.floors = [{ name: "ground", left_m: 0, bottom_m: 0, step_m: 1 }];
  live.zones = [{ name: "hall", floor: "ground", role: "storage" }];
  live.timeMs = 200_000;
  ["LT-10", "LT-9", "P-1"].forEach((name, index) => {
    live.name[index] = name;
    live.count = index + 1;
    live.heard_s[index] = 199 - index * 50;
    live.zone[index] = 0;
  });
  return live;
}

const NOTHING: ReadonlySet<string> = new Set();

test("the table shows what the plan shows: the floor, without what is filtered away", () => {
  expect(rowsOf(map(), "ground", ASSETS, NOTHING, "")).toHaveLength(3);
  expect(rowsOf(map(), "ground", ASSETS, new Set(["laptop"]), "")).toHaveLength(1);
  expect(rowsOf(map(), "ground", ASSETS, NOTHING, " lt-1 ")).toHaveLength(1);
  expect(rowsOf(map(), "ground", ASSETS, NOTHING, "HALL")).toHaveLength(3);
});

test("zones say in rows what they say on the plan: how many, how sure, restricted, unheard", () => {
  const live = map();
  live.state[1] = 3 << 4;
  const said = { restricted: new Set(["hall"]), unheard: new Set(["cage"]) };
  const none = { all: 0, lastKnown: 0, alerts: 0 };
  expect(zoneRows(live, ["hall", "cage"], said)).toEqual([
    { name: "hall", all: 3, lastKnown: 1, alerts: 1, isRestricted: true, isUnheard: false },
    { name: "cage", ...none, isRestricted: false, isUnheard: true },
  ]);
});

test("names are sorted as people count, times from the newest", () => {
  const rows = rowsOf(map(), "ground", ASSETS, NOTHING, "");
  expect(sorted(rows, "name", false).map(({ name }) => name)).toEqual(["LT-9", "LT-10", "P-1"]);
  expect(sorted(rows, "name", true).map(({ name }) => name)).toEqual(["P-1", "LT-10", "LT-9"]);
  expect(sorted(rows, "heard", false)[0]?.name).toBe("LT-10");
  expect(sorted(rows, "sure", true)[0]?.name).toBe("P-1");
});

test("the evidence shows where it came from, where it went, and where it is", () => {
  const outline = outlineOf({
    polygon: [
      [0, 0],
      [10, 0],
      [10, 10],
      [0, 10],
    ],
    geometry: null,
  });
  const floor = {
    name: "ground",
    zones: [{ name: "hall", outline }],
  } as unknown as DrawnFloor;
  const alert = { from: "hall", to: "street", zones: [] };
  const now = { floor: "ground", zone: null, x: 30, y: 5 };
  expect(evidenceBox(alert, floor, now)).toEqual({ left: -4, bottom: -4, right: 34, top: 14 });
  expect(evidenceBox({ from: null, to: null, zones: [] }, floor, null)).toBeNull();
});
