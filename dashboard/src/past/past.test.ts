import { describe, expect, test } from "vitest";
import { fieldText, offsetIn } from "../moments";
import { barAt, countUpTo, type Entry, eventBeside, knownSpan, pastOf } from "./entries";
import { whereAt } from "./moment";
import { idsOf, partIn, spanIn, textOf } from "./picked";
import { faster, type PlayState, playhead, toggled } from "./playhead";
import { around, holding, moved, ticksOf, zoomed } from "./span";

const iso = (ms: number) => new Date(ms).toISOString();
const MIN = 60_000;
const whole = { from: 0, to: 60 * MIN };

const visit = (zone: string, from: number, to: number | null): Entry => ({
  type: "visit",
  tag: "t",
  asset: "a",
  zone,
  from: iso(from),
  to: to === null ? null : iso(to),
});
const fix = (time: number, x_m = 1, y_m = 2): Entry => ({
  type: "position",
  tag: "t",
  source: "s",
  time: iso(time),
  x_m,
  y_m,
  lat: null,
  lon: null,
  accuracy_m: null,
});
const gap = (from: number, to: number): Entry => ({
  type: "gap",
  from: iso(from),
  to: iso(to),
  reason: "reader_down",
  zone: "A",
  readers: ["R"],
});
const movement = (id: string, time: number): Entry => ({
  type: "movement",
  id,
  time: iso(time),
  decided: iso(time),
  tag: "t",
  asset: "a",
  kind: "moved",
  from: "A",
  to: "B",
  operation: null,
  late: false,
  crossed: false,
});

describe("the part of a span", () => {
  test("zooming keeps the moment under the pointer where it is", () => {
    const part = zoomed(whole, whole, 0.5, 15 * MIN);
    expect((15 * MIN - part.from) / (part.to - part.from)).toBeCloseTo(0.25);
  });
  test("is never shorter than 30 s and never longer than the whole", () => {
    const least = zoomed(whole, whole, 1e-9, 5 * MIN);
    expect(least.to - least.from).toBeCloseTo(30_000);
    expect(zoomed(whole, whole, 100, 5 * MIN)).toEqual(whole);
  });
  test("moving and zooming to an event stop at the ends", () => {
    expect(moved({ from: 0, to: MIN }, whole, -MIN)).toEqual({ from: 0, to: MIN });
    expect(around(0, whole)).toEqual({ from: 0, to: 4 * MIN });
    expect(around(30 * MIN, whole)).toEqual({ from: 28 * MIN, to: 32 * MIN });
  });
  test("follows a moment that leaves it", () => {
    const part = { from: 0, to: 10 * MIN };
    expect(holding(part, whole, 5 * MIN)).toBe(part);
    expect(holding(part, whole, 20 * MIN)).toEqual({ from: 15 * MIN, to: 25 * MIN });
  });
});

describe("the site's clock", () => {
  test("ticks are round there, also where it is half an hour off", () => {
    const ticks = ticksOf(whole, 8, offsetIn("Asia/Kolkata"));
    expect(ticks.map((each) => fieldText(each, "Asia/Kolkata").slice(14))).toContain("30:00");
  });
});

describe("the playhead", () => {
  const state: PlayState = { at: 0, playing: true, speed: 20, span: whole };
  test("goes as many times as fast as its speed says", () => {
    expect(playhead(state, 100).at).toBe(2000);
  });
  test("does not leap after the page was hidden, and stops at the end", () => {
    expect(playhead(state, 60_000).at).toBe(5000);
    expect(playhead({ ...state, at: whole.to - 1 }, 100)).toMatchObject({
      at: whole.to,
      playing: false,
    });
  });
  test("begins anew where it is over", () => {
    expect(toggled({ ...state, playing: false, at: whole.to }).at).toBe(0);
    expect([faster(60, 1), faster(1, -1), faster(5, 1)]).toEqual([60, 1, 20]);
  });
});

describe("entries", () => {
  test("a stay is cut where nobody knew, and an open one ends with the span", () => {
    const past = pastOf("a", [visit("A", 0, null), gap(10 * MIN, 20 * MIN)], [], whole);
    expect(past.bars.map(({ kind, from, to }) => [kind, from / MIN, to / MIN])).toEqual([
      ["zone", 0, 10],
      ["gap", 10, 20],
      ["zone", 20, 60],
    ]);
  });
  test("what ends after the span, or goes on, is still in it at its very end", () => {
    const later = pastOf("a", [visit("A", 0, 61 * MIN), gap(60 * MIN, 70 * MIN)], [], whole);
    expect(barAt(later.bars, whole.to)).toMatchObject({ isIn: true, bar: { kind: "zone" } });
  });
  test("what is known begins with the first stay, not with a gap before it", () => {
    const past = pastOf("a", [gap(0, 50 * MIN), visit("A", 50 * MIN, null)], [], whole);
    expect(knownSpan([past])).toEqual({ from: 50 * MIN, to: 60 * MIN });
    expect(knownSpan([])).toBeNull();
  });
  test("events go on and back without staying where they are", () => {
    const { events } = pastOf("a", [movement("2", 20), movement("1", 10)], [], whole);
    expect(countUpTo(events, 10)).toBe(1);
    expect(eventBeside(events, 10, 1)?.id).toBe("2");
    expect(eventBeside(events, 20, -1)?.id).toBe("1");
    expect(eventBeside(events, 10, -1)).toBeUndefined();
  });
  test("between stays the last one is told as last known", () => {
    const past = pastOf("a", [visit("A", 0, MIN), visit("B", 5 * MIN, 6 * MIN)], [], whole);
    expect(barAt(past.bars, 3 * MIN)).toMatchObject({ bar: { zone: "A" }, isIn: false });
    expect(whereAt(past, 3 * MIN)).toMatchObject({ zone: "A", lastKnown: true });
    expect(whereAt(past, -1)).toBeNull();
  });
  test("a fix places an asset for a minute, and not through a gap", () => {
    const past = pastOf(
      "a",
      [visit("A", 0, null), fix(0), gap(10 * MIN, 20 * MIN), fix(10 * MIN)],
      [],
      whole,
    );
    expect(whereAt(past, MIN)?.fix?.x).toBe(1);
    expect(whereAt(past, MIN + 1)?.fix).toBeNull();
    expect(whereAt(past, 10 * MIN)?.fix).toBeNull();
  });
});

describe("the address", () => {
  const asked = (view: Record<string, string>) => (name: string) => view[name] ?? null;
  test("keeps ids with commas apart, and at most ten", () => {
    expect(idsOf(textOf(["a,b", "c%2C"]))).toEqual(["a,b", "c%2C"]);
    expect(idsOf("1,2,3,4,5,6,7,8,9,10,11")).toHaveLength(10);
  });
  test("a moment alone is shown with two minutes before and after it", () => {
    const now = Date.parse("2026-11-17T15:00Z");
    const view = asked({ at: "2026-11-17T14:32:05Z" });
    const span = spanIn(view, now);
    expect(span.to).toBe(now);
    const part = partIn(view, span);
    expect(part.to - part.from).toBe(4 * MIN);
  });
  test("nonsense is the last four hours", () => {
    expect(spanIn(asked({ from: "x", to: "y" }), 240 * MIN)).toEqual({ from: 0, to: 240 * MIN });
  });
});
