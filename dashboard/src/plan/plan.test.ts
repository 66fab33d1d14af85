import { expect, test } from "vitest";
import { countsOf, isCrowded, worse, worstIn } from "./counts";
import { Glide } from "./glide";
import { marksOf } from "./marks";
import { OUTLINES, SHAPES, shapeOf } from "./shapes";
import { cellOf, columnOf, HEADINGS, rowOf } from "./sprites";
import { distinct, ended, isUnknown, newest } from "./trails";
import { LOOK, type PlanAlarm, type Trail } from "./types";
import { barOf, between, bounded, fitted, holding, seenOf, toMetres, toScreen } from "./view";

const FLOOR = { left: 0, bottom: 0, right: 60, top: 40 };
const SCREEN = { width: 800, height: 600, turned: false };

test.each([false, true])("a pixel and its metres belong together, turned: %s", (turned) => {
  const view = { ...fitted(FLOOR, { ...SCREEN, turned }, 10), x: 17 };
  const [x, y] = toScreen(view, 12, 31);
  const back = toMetres(view, x, y);
  expect(back.x).toBeCloseTo(12);
  expect(back.y).toBeCloseTo(31);
});

test("x grows to the right and y up; turned by a quarter, the left of the floor is on top", () => {
  const straight = fitted(FLOOR, SCREEN, 10);
  expect(toScreen(straight, 1, 0)[0]).toBeGreaterThan(toScreen(straight, 0, 0)[0]);
  expect(toScreen(straight, 0, 1)[1]).toBeLessThan(toScreen(straight, 0, 0)[1]);
  const turned = fitted(FLOOR, { width: 390, height: 700, turned: true }, 10);
  expect(toScreen(turned, 60, 0)[1]).toBeGreaterThan(toScreen(turned, 0, 0)[1]);
  expect(toScreen(turned, 0, 40)[0]).toBeGreaterThan(toScreen(turned, 0, 0)[0]);
});

test("the whole floor fits, with its margin", () => {
  const view = fitted(FLOOR, SCREEN, 10);
  const seen = seenOf(view);
  expect(seen.left).toBeLessThanOrEqual(0);
  expect(seen.top).toBeGreaterThanOrEqual(40);
  expect(view.scale).toBeCloseTo(780 / 60);
});

test("the view is never half empty, however far it is moved", () => {
  const near = { ...fitted(FLOOR, SCREEN, 10), scale: 60 };
  for (const x of [-500, 500]) {
    const seen = seenOf(bounded({ ...near, x, y: x }, FLOOR));
    const wide = Math.min(seen.right, 60) - Math.max(seen.left, 0);
    const high = Math.min(seen.top, 40) - Math.max(seen.bottom, 0);
    expect(wide / (seen.right - seen.left)).toBeGreaterThan(0.8);
    expect(high / (seen.top - seen.bottom)).toBeGreaterThan(0.8);
  }
});

test("a plan that is smaller than the view stands in its middle", () => {
  expect(bounded({ ...fitted(FLOOR, SCREEN, 10), x: 0, scale: 4 }, FLOOR).x).toBe(30);
});

test("a picked asset is held in view with a margin of a fifth, and no more is moved", () => {
  const view = { ...fitted(FLOOR, SCREEN, 10), scale: 40 };
  const held = holding(view, { x: 55, y: 20 });
  expect(toScreen(held, 55, 20)[0]).toBeCloseTo(640);
  expect(held.y).toBeCloseTo(view.y);
  expect(holding(view, { x: 31, y: 20 })).toBe(view);
});

test("on the way from one view to another the point under the pointer stays", () => {
  const from = fitted(FLOOR, SCREEN, 10);
  const at = toMetres(from, 200, 100);
  const scale = from.scale * 4;
  const to = { ...from, scale, x: at.x + 200 / scale, y: at.y - 200 / scale };
  const [x, y] = toScreen(between(from, to, 0.5), at.x, at.y);
  expect(x).toBeCloseTo(200);
  expect(y).toBeCloseTo(100);
});

test.each([
  [10, 110, 10],
  [3, 110, 20],
  [100, 110, 1],
  [0.5, 110, 200],
])("at %d pixels a metre the bar is a round length", (scale, most, metres) => {
  expect(barOf(scale, most)).toEqual({ metres, pixels: metres * scale });
});

test("shapes closer than nine pixels on average become numbers", () => {
  expect(isCrowded(10_000, 800 * 600, 1)).toBe(true);
  expect(isCrowded(200, 800 * 600, 1)).toBe(false);
  expect(isCrowded(6000, 800 * 600, 1.5)).toBe(true);
});

const placed = (name: string, x: number, zone = 0) => ({ name, x, y: 0, shape: 0, zone });

test("zones count what stands in them, also what is drawn nowhere", () => {
  const marks = marksOf([placed("a", 1, 0), placed("b", 2, 2), placed("c", 3, 2)]);
  marks.look[2] = LOOK.shown | LOOK.placed | LOOK.nowhere;
  expect(countsOf(marks, 3)).toEqual({ byZone: Uint32Array.from([1, 0, 2]), all: 3 });
});

test("a name keeps its place in the columns, and a free place is used again", () => {
  const first = marksOf([placed("a", 1), placed("b", 2)]);
  const second = marksOf([placed("c", 3), placed("b", 4)], first);
  expect(second.name[1]).toBe("b");
  expect(second.name[0]).toBe("c");
  expect(second.turn).toBeGreaterThan(1);
});

function alarm(severity: PlanAlarm["severity"], state: PlanAlarm["state"]): PlanAlarm {
  return { id: `${severity} ${state}`, severity, state, asset: null, zone: "hall" };
}

test("nobody has it is worse than critical and acknowledged", () => {
  expect(worse(alarm("critical", "acknowledged"), alarm("info", "new")).severity).toBe("info");
  const all = [alarm("warning", "new"), alarm("critical", "new"), alarm("critical", "shelved")];
  expect(worstIn(all.map((alarm) => ({ alarm, zone: 3 }))).get(3)?.id).toBe("critical new");
});

test("an asset glides to its next fix within 200 ms", () => {
  const glide = new Glide();
  const marks = marksOf([placed("a", 0)]);
  glide.take(marks, 0, true);
  glide.take(marksOf([placed("a", 2)], marks), 1000, true);
  const moved = marksOf([placed("a", 2)], marks);
  expect(glide.step(moved, 1100)).toBe(true);
  expect(glide.shownX[0]).toBeCloseTo(1);
  expect(glide.step(moved, 1200)).toBe(false);
  expect(glide.shownX[0]).toBe(2);
  expect(glide.heading[0]).toBeCloseTo(Math.PI / 2);
});

test("a fix amid a glide is gone to from where the asset is shown", () => {
  const glide = new Glide();
  const marks = marksOf([placed("a", 0)]);
  glide.take(marks, 0, true);
  glide.take(marksOf([placed("a", 2)], marks), 1000, true);
  glide.step(marksOf([placed("a", 2)], marks), 1180);
  const shown = glide.shownX[0];
  const next = marksOf([placed("a", 4)], marks);
  glide.take(next, 1190, true);
  expect(glide.shownX[0]).toBe(shown);
  expect(glide.step(next, 1290)).toBe(true);
  expect(glide.shownX[0]).toBeCloseTo((1.8 + 4) / 2);
});

test.each([
  ["over five metres", 6, true],
  ["with little motion wanted", 2, false],
])("a step %s is a jump", (_, x, glides) => {
  const glide = new Glide();
  const marks = marksOf([placed("a", 0)]);
  glide.take(marks, 0, glides);
  const moved = marksOf([placed("a", x)], marks);
  glide.take(moved, 1000, glides);
  expect(glide.step(moved, 1001)).toBe(false);
  expect(glide.shownX[0]).toBe(x);
});

test("a place that another asset got does not glide from the one before", () => {
  const glide = new Glide();
  const marks = marksOf([placed("a", 0)]);
  glide.take(marks, 0, true);
  glide.take(marksOf([placed("b", 2)], marks), 1000, true);
  expect(glide.shownX[0]).toBe(2);
});

test("every state can be told without colour: each look has a style of its own", () => {
  const rows = [LOOK.shown, LOOK.shown | LOOK.lastKnown, LOOK.shown | LOOK.provisional].map(rowOf);
  expect(new Set(rows).size).toBe(3);
  expect(rowOf(LOOK.shown | LOOK.lastKnown | LOOK.provisional)).toBe(rows[1]);
});

test("every shape has an outline of its own, and none is a triangle or a diamond", () => {
  expect(new Set(Object.values(OUTLINES)).size).toBe(SHAPES.length);
  const corners = Object.values(OUTLINES).map((path) => path.match(/[MLHV]/g)?.length ?? 0);
  expect(Math.min(...corners.filter((count) => count > 1))).toBeGreaterThanOrEqual(4);
});

test.each([
  ["Pallets", "square"],
  ["Forklift", "arrow"],
  ["laptop", "bar"],
  ["Tool case", "hexagon"],
  ["visitor badge", "dot"],
  ["Gabelstapler", "arrow"],
  ["", "square"],
  ["🦊", "square"],
])("%s are drawn as a %s", (category, shape) => {
  expect(SHAPES[shapeOf(category)]).toBe(shape);
});

test("each column of the sheet holds the shape and heading that is looked for there", () => {
  for (let shape = 0; shape < SHAPES.length; shape++) {
    expect(cellOf(columnOf(shape, 0)).shape).toBe(shape);
  }
  expect(cellOf(columnOf(1, -Math.PI / 2)).heading).toBeCloseTo(1.5 * Math.PI);
  expect(columnOf(1, 2 * Math.PI)).toBe(columnOf(1, 0));
  expect(HEADINGS % 4).toBe(0);
});

const point = (timeMs: number, x = 0) => ({ x, y: 0, timeMs });

test("over a gap of a minute, and between zones alone, nobody knows the way", () => {
  expect(isUnknown(point(0), point(61_000))).toBe(true);
  expect(isUnknown(point(0), point(59_000))).toBe(false);
  expect(isUnknown(point(0), { ...point(1000), zone: "hall" })).toBe(true);
});

test("a trail goes back half an hour and two hundred fixes at most", () => {
  const long = Array.from({ length: 500 }, (_, at) => point(at * 1000));
  expect(newest(long)).toHaveLength(200);
  expect(newest([point(0), point(31 * 60_000)])).toHaveLength(1);
});

test("a trail to a zone ends where the asset is shown there, one to a fix at the fix", () => {
  const toZone = {
    colour: "pick",
    of: "a",
    points: [point(0), { ...point(1000, 5), zone: "hall" }],
  };
  const findIn = (name: string, zone: string) =>
    name === "a" && zone === "hall" ? { x: 7, y: 3 } : null;
  const endOf = (trail: object) => ended(trail as Trail, findIn).points.at(-1);
  expect(endOf(toZone)).toMatchObject({ x: 7, y: 3, timeMs: 1000 });
  expect(endOf({ ...toZone, of: "nobody" })).toMatchObject({ x: 5 });
  expect(endOf({ ...toZone, points: [point(0), point(1000, 5)] })).toMatchObject({ x: 5 });
});

test("of ways to and fro between two points the newest alone is drawn", () => {
  const [a, b] = [[0, 0] as const, [1, 1] as const];
  expect(distinct([a, b, a, b])).toEqual([3]);
  expect(distinct([a, b, [2, 2]])).toEqual([1, 2]);
});
