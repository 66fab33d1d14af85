import { describe, expect, it } from "vitest";
import { anAlert, chances } from "./example";
import { foldedByRule, foldOf, groupOf, inOrder, settle, symbolStateOf } from "./order";

const ids = (alerts: readonly { id: string }[]) => alerts.map(({ id }) => id);
const later = (minutes: number) =>
  new Date(Date.parse(anAlert().raised_at) + minutes * 60_000).toISOString();

describe("the order of alerts", () => {
  it("puts those that nobody has first, then the severe, then the newest", () => {
    const alerts = [
      anAlert({ id: "acked", state: "active_acknowledged" }),
      anAlert({ id: "info", severity: "info", raised_at: later(9) }),
      anAlert({ id: "old" }),
      anAlert({ id: "new", raised_at: later(1) }),
      anAlert({ id: "warning", severity: "warning", raised_at: later(5) }),
      anAlert({ id: "shelved", state: "shelved" }),
      anAlert({
        id: "returned",
        state: "returned_unacknowledged",
        time: later(-5),
        raised_at: later(-5),
      }),
    ];
    expect(ids(inOrder(alerts))).toEqual([
      "new",
      "old",
      "returned",
      "warning",
      "info",
      "acked",
      "shelved",
    ]);
  });

  it("puts one that happened again, or is told late, before those of meanwhile", () => {
    const again = anAlert({ id: "again", raised_at: later(-30), time: later(3), occurrences: 2 });
    const meanwhile = anAlert({ id: "meanwhile", raised_at: later(2), time: later(2) });
    const late = anAlert({ id: "late", raised_at: later(4), time: later(-60), late: true });
    expect(ids(inOrder([meanwhile, again, late]))).toEqual(["late", "again", "meanwhile"]);
  });

  it("is the same from whatever order it begins", () => {
    const chance = chances(7);
    const alerts = Array.from({ length: 30 }, (_, n) =>
      anAlert({
        id: `a${n}`,
        seq: n,
        raised_at: later(n % 4),
        severity: n % 3 ? "info" : "critical",
      }),
    );
    const shuffled = [...alerts].sort(() => chance() - 0.5);
    expect(ids(inOrder(shuffled))).toEqual(ids(inOrder(alerts)));
  });

  it("draws suppressed alerts as put aside and latched ones as acknowledged", () => {
    expect(symbolStateOf(anAlert({ state: "suppressed" }))).toBe("shelved");
    expect(symbolStateOf(anAlert({ state: "latched" }))).toBe("acknowledged");
    expect(groupOf(anAlert({ state: "returned_unacknowledged" }))).toBe("new");
  });
});

describe("a row under the hand", () => {
  const [a, b, c, d] = ["a", "b", "c", "d"].map((id) => anAlert({ id }));
  const all = [a, b, c, d].filter((each) => each !== undefined);

  it("stays in its place when others come and go", () => {
    const held = { id: "b", place: 1 };
    const fresh = [anAlert({ id: "n1" }), anAlert({ id: "n2" }), ...all];
    expect(ids(settle(fresh, held))[1]).toBe("b");
    expect(ids(settle(all.slice(1), held))[1]).toBe("b");
  });

  it("loses and doubles nobody", () => {
    for (let place = 0; place < 6; place++) {
      expect(ids(settle(all, { id: "c", place })).sort()).toEqual(ids(all));
    }
  });

  it("lets all go to their places once the hand is gone", () => {
    expect(settle(all, null)).toEqual(all);
    expect(settle(all, { id: "gone", place: 0 })).toEqual(all);
  });
});

describe("many of one rule", () => {
  const flood = Array.from({ length: 9 }, (_, n) => anAlert({ id: `f${n}`, rule: "cage" }));
  const other = anAlert({ id: "o" });

  it("are folded into a row that counts them", () => {
    const rows = foldedByRule([...flood, other], new Set(), null);
    expect(rows.map((row) => row.more ?? row.alert.id)).toEqual(["f0", "f1", "f2", 6, "o"]);
  });

  it("keep the picked one in sight", () => {
    const rows = foldedByRule(flood, new Set(), "f7");
    expect(rows.some((row) => row.alert.id === "f7")).toBe(true);
  });

  it("stand one by one once they are unfolded, or few", () => {
    const opened = new Set(flood.map(foldOf));
    expect(foldedByRule(flood, opened, null)).toHaveLength(9);
    expect(foldedByRule(flood.slice(0, 5), new Set(), null)).toHaveLength(5);
  });
});
