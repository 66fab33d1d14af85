import { describe, expect, it } from "vitest";
import { announce, begin } from "./announcing";
import { anAlert } from "./example";

const some = (count: number, from = 0, severity: "warning" | "critical" = "warning") =>
  Array.from({ length: count }, (_, n) => anAlert({ id: `a${from + n}`, severity }));

describe("what a screen reader is told", () => {
  it("is a critical alert at once, others when nothing else is said", () => {
    const [heard] = begin([], 0);
    const critical = anAlert({ id: "c" });
    const warning = anAlert({ id: "w", severity: "warning" });
    const [, said] = announce(heard, [critical, warning], 1000);
    expect(said).toEqual({ assertive: [critical], polite: [warning], summary: null });
  });

  it("is told once", () => {
    const [heard] = begin([], 0);
    const [next] = announce(heard, some(1), 1000);
    const [, said] = announce(next, some(1), 2000);
    expect(said).toEqual({ assertive: [], polite: [], summary: null });
  });

  it("is one summary of over five within ten seconds", () => {
    let [heard] = begin([], -60_000);
    const summaries = [];
    for (let n = 1; n <= 12; n++) {
      const [next, said] = announce(heard, some(n), n * 700);
      heard = next;
      if (said.summary) summaries.push(said.summary);
    }
    expect(summaries).toEqual([{ count: 6, critical: 0 }]);
  });

  it("is one summary too where they come just after the page was opened, or after another", () => {
    const critical = (count: number) => some(count, 0, "critical");
    const [heard] = begin([], 0);
    const [next, said] = announce(heard, critical(8), 2000);
    expect(said).toEqual({ assertive: [], polite: [], summary: { count: 8, critical: 8 } });
    expect(announce(next, critical(16), 4000)[1].assertive).toEqual([]);
  });

  it("still tells of a critical one within such a burst", () => {
    const [heard] = begin([], -60_000);
    const [next] = announce(heard, some(8), 0);
    const critical = anAlert({ id: "c" });
    const [, said] = announce(next, [...some(8), critical], 2000);
    expect(said.assertive).toEqual([critical]);
  });

  it("says at the beginning how many are open, and not each", () => {
    const [, said] = begin([...some(3), anAlert({ id: "c" })], 0);
    expect(said).toEqual({ assertive: [], polite: [], summary: { count: 4, critical: 1 } });
  });

  it("tells of an alert that was raised again, and not of one that was acknowledged", () => {
    const [heard] = begin([anAlert()], 0);
    const [next, quiet] = announce(heard, [anAlert({ state: "active_acknowledged" })], 20_000);
    expect(quiet.assertive).toEqual([]);
    const again = anAlert({ occurrences: 2 });
    expect(announce(next, [again], 40_000)[1].assertive).toEqual([again]);
  });
});
