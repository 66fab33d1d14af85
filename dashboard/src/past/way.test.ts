import { describe, expect, test } from "vitest";
import type { Past } from "./entries";
import { runsOn, type Step, stepsOf, thinned, trailPart } from "./way";

const MIN = 60_000;

const at = (timeMs: number, x: number, zone: string | null = "A"): Step => ({
  timeMs,
  zone,
  fix: { timeMs, x, y: 0 },
});

describe("thinning", () => {
  test("10,000 fixes of something that walks become few, and quickly", () => {
    const fixes = Array.from({ length: 10_000 }, (_, index) => ({
      timeMs: index * 300,
      x: index * 0.1,
      y: 0,
    }));
    const past: Past = { asset: "a", bars: [], fixes, events: [] };
    const begin = performance.now();
    expect(thinned(stepsOf(past)).length).toBeLessThan(1010);
    expect(performance.now() - begin).toBeLessThan(1000);
  });
  test("keeps both sides of each change of zone and of each gap", () => {
    const steps = [at(0, 0), at(1, 0), at(2, 0, "B"), at(3, 0, "B"), at(4, 0, "B")];
    expect(thinned(steps).map(({ timeMs }) => timeMs)).toEqual([0, 1, 2, 4]);
    const gap = [at(0, 0), at(1, 0), at(2, 0), at(2 * MIN, 0), at(2 * MIN + 1, 0)];
    expect(thinned(gap).map(({ timeMs }) => timeMs)).toEqual([0, 2, 2 * MIN, 2 * MIN + 1]);
  });
  test("makes no gap where something stood still and was seen", () => {
    const steps = Array.from({ length: 600 }, (_, index) => at(index * 1000, 0));
    const kept = thinned(steps);
    const pauses = kept.slice(1).map((step, index) => step.timeMs - (kept[index]?.timeMs ?? 0));
    expect(Math.max(...pauses)).toBeLessThan(MIN);
    expect(kept.length).toBeLessThan(30);
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
      [null, { floor: "u", timeMs: 1 }],
      [{ floor: "u", timeMs: 2 }, null],
    ]);
  });
});
