import { afterEach, expect, test, vi } from "vitest";
import { language } from "./preferences";
import { clock, clockOffsetMs, day, nowMs, siteZone, span, takeDate, zoneName } from "./times";

afterEach(() => {
  vi.useRealTimers();
  clockOffsetMs.value = 0;
});

test("times are those of the site's zone, whatever the browser's zone is", () => {
  siteZone.value = "America/St_Johns";
  expect(clock("2026-01-17T13:32:07Z")).toBe("10:02:07");
  expect(day("2026-01-18T02:00:00Z")).toBe("Sat 17 Jan 2026");
});

test("the hour that the clock is turned back says which of the two it is", () => {
  siteZone.value = "Europe/Berlin";
  expect(zoneName("2026-10-25T00:30:00Z")).not.toBe(zoneName("2026-10-25T01:30:00Z"));
});

test("a day is said in the chosen language", () => {
  siteZone.value = "UTC";
  language.value = "de";
  expect(day("2026-11-17T12:00:00Z")).toMatch(/Di/);
  language.value = "en";
});

test.each([
  [400, "0.4 s"],
  [9_940, "9.9 s"],
  [12_000, "12 s"],
  [99_600, "2 min"],
  [12 * 60_000, "12 min"],
  [3 * 3_600_000, "3 h"],
  [72 * 3_600_000, "3 d"],
  [-5, "0.0 s"],
])("%i ms are said as %s", (ms, text) => {
  expect(span(ms)).toBe(text);
});

test("a browser whose clock is an hour off goes by the gateway's from the first answer on", () => {
  vi.useFakeTimers({ now: Date.parse("2026-11-17T13:00:00Z") });
  takeDate(null);
  takeDate("Tue, 17 Nov 2026 12:59:59 GMT");
  expect(clockOffsetMs.value).toBe(0);
  takeDate("Tue, 17 Nov 2026 12:00:00 GMT");
  expect(nowMs()).toBe(Date.parse("2026-11-17T12:00:00Z"));
  takeDate("Tue, 17 Nov 2026 11:59:50 GMT");
  expect(nowMs()).toBe(Date.parse("2026-11-17T12:00:00Z"));
});
