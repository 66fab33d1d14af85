import { expect, test } from "vitest";
import { dayOf, fieldText, momentIn, momentOf } from "./moments";

test("a day has 23 and 25 hours where the clock is changed", () => {
  const hours = (text: string) => {
    const { from, to } = dayOf(Date.parse(text), "Europe/Berlin");
    return (to - from) / 3_600_000;
  };
  expect([hours("2026-03-29T12:00Z"), hours("2026-10-25T12:00Z")]).toEqual([23, 25]);
});
test("a field's text is the moment that it was made of", () => {
  const moment = Date.parse("2026-07-01T10:20:30Z");
  expect(momentOf(fieldText(moment, "Europe/Berlin"), "Europe/Berlin")).toBe(moment);
  expect(momentOf("soon", "UTC")).toBeNull();
});

test("an address may name a moment as the API does, or in milliseconds", () => {
  expect(momentIn("2026-11-17T14:32:05Z")).toBe(momentIn("1794925925000"));
  expect([momentIn(null), momentIn("soon")]).toEqual([null, null]);
});
