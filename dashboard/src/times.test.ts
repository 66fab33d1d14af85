import { expect, test } from "vitest";
import { language } from "./preferences";
import { clock, day, siteZone, span, zoneName } from "./times";

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
