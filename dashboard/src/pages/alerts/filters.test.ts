import { describe, expect, it } from "vitest";
import { anAlert } from "../../alarms/example";
import { filterOf, isNarrowed, midnightOf, passes, queryOf, sinceOf } from "./filters";

const from = (query: string) => {
  const asked = new URLSearchParams(query);
  return filterOf((name) => asked.get(name));
};

describe("the filters of the page", () => {
  it("come from the address, and leave out what it can not mean", () => {
    expect(from("severity=warning&time=week&zone=Gate+B")).toMatchObject({
      tab: "open",
      severity: "warning",
      span: "week",
      zone: "Gate B",
    });
    expect(from("severity=fatal&time=ever&state=x")).toEqual(from(""));
    expect(isNarrowed(from("show=closed&time=week"))).toBe(false);
  });

  it("find an alert by either end and by each of its zones", () => {
    expect(passes(from("zone=lobby"), anAlert())).toBe(true);
    expect(passes(from("zone=gate"), anAlert())).toBe(true);
    expect(passes(from("zone=dock"), anAlert({ zones: ["dock", "yard"] }))).toBe(true);
    expect(passes(from("zone=vault"), anAlert())).toBe(false);
  });

  it("ask the gateway for all that is open, and of the closed for those of the time", () => {
    expect(queryOf(from("rule=r"), 0)).toEqual({
      state: "active",
      severity: null,
      rule: "r",
      since: null,
    });
    expect(queryOf(from("show=closed"), 0)).toMatchObject({
      state: "cleared",
      since: "1970-01-01T00:00:00.000Z",
    });
  });

  it("begin the day at midnight of the site", () => {
    const now = Date.parse("2026-11-17T14:32:07.400Z");
    expect(new Date(midnightOf(now, "Europe/Berlin")).toISOString()).toBe(
      "2026-11-16T23:00:00.000Z",
    );
    expect(new Date(sinceOf("today", now, "UTC")).toISOString()).toBe("2026-11-17T00:00:00.000Z");
  });
});
