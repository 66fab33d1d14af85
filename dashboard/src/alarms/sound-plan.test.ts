import { describe, expect, it } from "vitest";
import { chances } from "./example";
import { type Call, nextTone, SILENT, type Sounded, type SoundPreferences } from "./sound-plan";

const ON: SoundPreferences = { isOn: true, silencedUntilMs: 0, silencedAtMs: 0 };
const critical = (key = "c") => ({ key, severity: "critical" }) as const;
const warning = (key = "w") => ({ key, severity: "warning" }) as const;
const info = (key = "i") => ({ key, severity: "info" }) as const;

interface Change {
  atMs: number;
  calls: readonly Call[];
  wants?: SoundPreferences;
}

/** The tones of a story up to its end, as the driver plays them: at each change and when due. */
function tonesOf(story: readonly Change[], endMs: number): [atMs: number, severity: string][] {
  const tones: [number, string][] = [];
  let sounded: Sounded = SILENT;
  let now = 0;
  let index = -1;
  while (now <= endMs) {
    while (story[index + 1] && (story[index + 1]?.atMs ?? 0) <= now) index += 1;
    const { calls, wants = ON } = story[index] ?? { calls: [] };
    const plan = nextTone(calls, now, wants, sounded);
    sounded = plan.next;
    if (plan.tone) tones.push([now, plan.tone]);
    const changeMs = story[index + 1]?.atMs ?? Number.POSITIVE_INFINITY;
    const again = Math.max(plan.againMs ?? Number.POSITIVE_INFINITY, now + 1);
    now = Math.min(changeMs, again);
  }
  return tones;
}

const times = (tones: [number, string][]) => tones.map(([at]) => at);

describe("when which tone sounds", () => {
  it("repeats a critical one every 5 s until somebody has it", () => {
    const tones = tonesOf(
      [
        { atMs: 0, calls: [critical()] },
        { atMs: 12_000, calls: [] },
      ],
      60_000,
    );
    expect(tones).toEqual([
      [0, "critical"],
      [5000, "critical"],
      [10_000, "critical"],
    ]);
  });

  it("sounds a warning once, and again after 60 s", () => {
    const tones = tonesOf([{ atMs: 0, calls: [warning()] }], 119_000);
    expect(tones).toEqual([
      [0, "warning"],
      [60_000, "warning"],
    ]);
  });

  it("never sounds for what only informs", () => {
    expect(tonesOf([{ atMs: 0, calls: [info()] }], 600_000)).toEqual([]);
  });

  it("sounds once for twenty that come together", () => {
    const calls = Array.from({ length: 20 }, (_, n) => warning(`w${n}`));
    expect(times(tonesOf([{ atMs: 0, calls }], 50_000))).toEqual([0]);
  });

  it("does not sound for each of a burst that drips in", () => {
    const story = Array.from({ length: 12 }, (_, n) => ({
      atMs: n * 1500,
      calls: Array.from({ length: n + 1 }, (_each, m) => warning(`w${m}`)),
    }));
    expect(tonesOf(story, 50_000).length).toBeLessThanOrEqual(7);
  });

  it("lets a critical one be heard at once within a burst of warnings", () => {
    const flood = Array.from({ length: 9 }, (_, n) => warning(`w${n}`));
    const story = [
      { atMs: 0, calls: flood },
      { atMs: 3000, calls: [...flood, critical()] },
    ];
    expect(tonesOf(story, 4000)).toContainEqual([3000, "critical"]);
  });

  it("is off where it was turned off", () => {
    const wants = { ...ON, isOn: false };
    expect(tonesOf([{ atMs: 0, calls: [critical()], wants }], 60_000)).toEqual([]);
  });

  it("keeps silent until the silence ends, and then goes on", () => {
    const silence = { isOn: true, silencedAtMs: 6000, silencedUntilMs: 66_000 };
    const story = [
      { atMs: 0, calls: [critical()] },
      { atMs: 6000, calls: [critical()], wants: silence },
    ];
    expect(times(tonesOf(story, 72_000))).toEqual([0, 5000, 66_000, 71_000]);
  });

  it("lets who comes during a silence be heard", () => {
    const silence = { isOn: true, silencedAtMs: 1000, silencedUntilMs: 61_000 };
    const story = [
      { atMs: 0, calls: [critical("old")] },
      { atMs: 1000, calls: [critical("old")], wants: silence },
      { atMs: 20_000, calls: [critical("old"), critical("new")], wants: silence },
    ];
    expect(times(tonesOf(story, 21_000))).toEqual([0, 20_000]);
  });

  it("sounds anew for an alert that was raised again", () => {
    const story = [
      { atMs: 0, calls: [warning("w/1")] },
      { atMs: 9000, calls: [] },
      { atMs: 20_000, calls: [warning("w/2")] },
    ];
    expect(times(tonesOf(story, 30_000))).toEqual([0, 20_000]);
  });

  it("goes on within 6 s where the clock is set back by an hour", () => {
    const { next } = nextTone([critical()], 3_600_000, ON);
    const { tone, againMs } = nextTone([critical()], 5000, ON, next);
    expect([tone, againMs]).toEqual(["critical", 6000]);
  });

  it("is not silent for longer because the clock was set back", () => {
    const silence = { isOn: true, silencedAtMs: 3_600_000, silencedUntilMs: 3_660_000 };
    expect(nextTone([critical()], 5000, silence).tone).toBe("critical");
  });

  it("leaves no critical one unheard for longer than 6 s, whatever else calls", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const chance = chances(seed);
      const story: Change[] = [{ atMs: 0, calls: [critical()] }];
      for (let atMs = 500; atMs < 60_000; atMs += 300 + chance() * 4000) {
        const others = Array.from({ length: Math.floor(chance() * 8) }, () =>
          warning(`w${chance()}`),
        );
        story.push({ atMs, calls: [critical(), ...others] });
      }
      const heard = tonesOf(story, 60_000).filter(([, severity]) => severity === "critical");
      const gaps = times(heard).map((at, n, all) => at - (all[n - 1] ?? 0));
      expect(Math.max(...gaps), `seed ${seed}`).toBeLessThanOrEqual(6000);
      expect(Math.min(...gaps.slice(1)), `seed ${seed}`).toBeGreaterThanOrEqual(1000);
    }
  });
});
