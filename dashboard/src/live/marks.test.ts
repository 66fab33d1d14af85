import { expect, test } from "vitest";
import { contains, outlineOf } from "../plan/outline";
import { LOOK } from "../plan/types";
import { emptyLive, type LiveState, NOWHERE } from "./frame";
import { FloorMarks } from "./marks";

const HALL = outlineOf({
  geometry: null,
  polygon: [
    [0, 0],
    [40, 0],
    [40, 20],
    [0, 20],
  ],
});
const YARD = outlineOf({
  geometry: null,
  polygon: [
    [40, 0],
    [60, 0],
    [60, 20],
    [40, 20],
  ],
});

function map(): LiveState {
  const live = emptyLive();
  live.floors = [{ name: "ground", left_m: 0, bottom_m: 0, step_m: 0.1 }];
  live.zones = ["hall", "yard", "attic"].map((name) => ({
    name,
    floor: "ground",
    role: "storage",
  }));
  live.wordsTurn = 1;
  live.timeMs = 100_000;
  return live;
}

function put(live: LiveState, index: number, name: string, zone: number, fix?: [number, number]) {
  live.count = Math.max(live.count, index + 1);
  live.name[index] = name;
  live.zone[index] = zone;
  live.floor[index] = 0;
  live.x[index] = fix ? fix[0] * 10 : NOWHERE;
  live.y[index] = fix ? fix[1] * 10 : NOWHERE;
  live.heard_s[index] = 99;
}

function floor(shapeOf: (name: string) => number = () => 0) {
  const zones = [
    { name: "hall", outline: HALL },
    { name: "yard", outline: YARD },
    { name: "attic", outline: null },
  ];
  return new FloorMarks({ name: "ground", zones, shapeOf });
}

test("what has a fix stands there, what has none stands in its zone", () => {
  const live = map();
  put(live, 0, "FL-1", 0, [12.5, 4]);
  put(live, 1, "P-1", 1);
  const marks = floor().follow(live);
  expect([marks.x[0], marks.y[0]]).toEqual([12.5, 4]);
  expect(YARD && contains(YARD, marks.x[1] ?? 0, marks.y[1] ?? 0)).toBe(true);
  expect(marks.look[1]).toBe(LOOK.shown | LOOK.placed);
});

test("a place in a zone stays while others come and go", () => {
  const [live, follower] = [map(), floor()];
  put(live, 3, "P-3", 0);
  const first = follower.follow(live);
  const at = [first.x[3], first.y[3]];
  for (let index = 10; index < 30; index++) put(live, index, `P-${index}`, 0);
  follower.follow(live);
  live.name[12] = "";
  const then = follower.follow(live);
  expect([then.x[3], then.y[3]]).toEqual(at);
});

test("no two without a fix stand in one place", () => {
  const live = map();
  for (let index = 0; index < 200; index++) put(live, index, `P-${index}`, 0);
  const marks = floor().follow(live);
  const places = new Set(live.name.map((_, index) => `${marks.x[index]} ${marks.y[index]}`));
  expect(places.size).toBe(200);
});

test("in a zone that is drawn nowhere it is counted and not drawn", () => {
  const live = map();
  put(live, 0, "P-1", 2);
  const marks = floor().follow(live);
  expect((marks.look[0] ?? 0) & LOOK.nowhere).toBe(LOOK.nowhere);
  expect(marks.zone[0]).toBe(2);
});

test("what is filtered away is not shown, and neither is what is gone", () => {
  const [live, follower] = [map(), floor((name) => (name === "P-2" ? -1 : 0))];
  put(live, 0, "P-1", 0);
  put(live, 1, "P-2", 0);
  expect([...follower.follow(live).look.slice(0, 2)].map(Boolean)).toEqual([true, false]);
  live.count = 0;
  expect([...follower.follow(live).look.slice(0, 2)]).toEqual([0, 0]);
});
