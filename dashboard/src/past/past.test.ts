import { describe, expect, test } from "vitest";
import { csvOf } from "./csv";
import { barAt, countUpTo, type Entry, eventBeside, knownSpan, pastOf } from "./entries";
import { isUnseen, placeAfter } from "./found";
import { runsOn, stepsOf, trailPart, whereAt } from "./moment";
import { idsOf, partIn, spanIn, textOf } from "./picked";
import { faster, type PlayState, playhead, toggled } from "./playhead";
import {
  around,
  dayOf,
  fieldText,
  holding,
  momentOf,
  moved,
  offsetIn,
  ticksOf,
  zoomed,
} from "./span";

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
  test("a day has 23 and 25 hours where the clock is changed", () => {
    const hours = (text: string) => {
      const { from, to } = dayOf(Date.parse(text), "Europe/Berlin");
      return (to - from) / (60 * MIN);
    };
    expect([hours("2026-03-29T12:00Z"), hours("2026-10-25T12:00Z")]).toEqual([23, 25]);
  });
  test("a field's text is the moment that it was made of", () => {
    const moment = Date.parse("2026-07-01T10:20:30Z");
    expect(momentOf(fieldText(moment, "Europe/Berlin"), "Europe/Berlin")).toBe(moment);
    expect(momentOf("soon", "UTC")).toBeNull();
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
  test("10,000 fixes are folded in well under a second", () => {
    const many = Array.from({ length: 10_000 }, (_, index) => fix(index * 300));
    const begin = performance.now();
    const steps = stepsOf(pastOf("a", [visit("A", 0, null), ...many], [], whole));
    expect(steps).toHaveLength(10_000);
    expect(performance.now() - begin).toBeLessThan(1000);
  });
});

describe("trails", () => {
  test("have half an hour, at most 200 points, and nothing that is to come", () => {
    const steps = Array.from({ length: 400 }, (_, index) => ({
      timeMs: index * MIN,
      zone: "A",
      fix: null,
    }));
    const part = trailPart(steps, 100 * MIN);
    expect([part[0]?.timeMs, part.at(-1)?.timeMs]).toEqual([70 * MIN, 100 * MIN]);
    const close = steps.map((step) => ({ ...step, timeMs: step.timeMs / 60 }));
    expect(trailPart(close, 400_000)).toHaveLength(200);
  });
  test("end where another floor was come to and say which", () => {
    const floors: Record<string, string> = { A: "g", U: "u", B: "g" };
    const steps = ["A", "U", "B"].map((zone, timeMs) => ({ timeMs, zone, fix: null }));
    const runs = runsOn(steps, "g", (zone) => floors[zone] ?? null);
    expect(runs.map(({ leftFor, cameFrom }) => [cameFrom, leftFor])).toEqual([
      [null, "u"],
      ["u", null],
    ]);
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

test("a cell that a spreadsheet would run stays a text", () => {
  expect(csvOf(["a"], [["=1+1"], ['x"y,z'], [-2]])).toBe('a\r\n\'=1+1\r\n"x""y,z"\r\n-2');
});

test("what was never heard is unseen for any time; the place stays in the list", () => {
  expect([isUnseen(null, "7d", 0), isUnseen(0, "1h", MIN), isUnseen(0, "1h", 61 * MIN)]).toEqual([
    true,
    false,
    true,
  ]);
  expect([placeAfter(0, -1, 3), placeAfter(2, 1, 3)]).toEqual([0, 2]);
});
