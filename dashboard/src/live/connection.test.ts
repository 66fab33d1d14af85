import { expect, test } from "vitest";
import { ageOf, ClockOffset, endingOf, SILENCE_MS, TICK_MS, waitMs } from "./connection";

test("a silence is told as a loss within three seconds", () => {
  expect(SILENCE_MS + TICK_MS).toBeLessThan(2500);
});

test("tries come after half a second, then ever later, at most five seconds apart", () => {
  const waits = [0, 1, 2, 3, 4, 20].map((tries) => waitMs(tries, "lost", 0));
  expect(waits).toEqual([500, 1000, 2000, 3000, 3000, 3000]);
});

test("tries of many walls are spread, and never at once", () => {
  expect(waitMs(4, "lost", 1)).toBe(2250);
  expect(waitMs(0, "lost", 1)).toBe(375);
});

test("a gateway that restarts is asked at least once a second", () => {
  expect(waitMs(6, "restart", 0)).toBe(1000);
});

test.each([
  [1012, "restart"],
  [1008, "session"],
  [1006, "lost"],
  [1003, "lost"],
])("close code %i means %s", (code, ending) => {
  expect(endingOf(code)).toBe(ending);
});

test.each([
  [1900, "live"],
  [2100, "slow"],
  [5100, "stale"],
])("data that is %i ms old is %s", (age, word) => {
  expect(ageOf(age)).toBe(word);
});

test("the gateway's clock is that of the quickest frame of the last minute", () => {
  const clock = new ClockOffset();
  expect(clock.take(1000, 1000 + 300)).toBe(300);
  expect(clock.take(2000, 2000 + 380)).toBe(380);
  expect(clock.take(3000, 3000 + 200)).toBe(380);
  expect(clock.take(70_000, 70_000 + 250)).toBe(250);
});

test("a clock that was set is believed at once", () => {
  const clock = new ClockOffset();
  clock.take(1000, 1000);
  expect(clock.take(2000, 2000 - 3_600_000)).toBe(-3_600_000);
});
