import { describe, expect, it } from "vitest";
import type { Crossing, Sighting } from "./evidence-asks";
import { AT, anAlert } from "./example";
import {
  companionsOf,
  lanesOf,
  ownCrossing,
  readsOf,
  scoresOf,
  sidesOf,
  strengthOf,
} from "./proof";

const secondsOn = (s: number) => new Date(Date.parse(AT) + s * 1000).toISOString();
const tag = anAlert().tag ?? "";
const gate = { name: "Gate B", inside: ["R-07/1"], outside: ["R-07/2"] };

function crossing(change: Partial<Crossing>): Crossing {
  const time = secondsOn(0);
  return {
    id: "x",
    time,
    decided: time,
    tag,
    asset: "LT-0417",
    portal: "Gate B",
    direction: "outbound",
    confidence: 0.97,
    lean: null,
    late: false,
    ...change,
  };
}

function sighting(antenna: number, s: number, count = 3): Sighting {
  const time = secondsOn(s);
  return {
    tag,
    reader: "R-07",
    antenna,
    time,
    first: time,
    last: secondsOn(s + 2),
    count,
    rssi_dbm_max: -50,
    rssi_dbm_mean: -55,
  };
}

describe("the proof of an alert", () => {
  it("has the crossing of its own tag that lies nearest", () => {
    const near = crossing({ id: "near", time: secondsOn(1) });
    const others = [
      crossing({ id: "far", time: secondsOn(-12) }),
      crossing({ id: "other", tag: "ff" }),
    ];
    expect(ownCrossing(anAlert(), [...others, near])).toBe(near);
    expect(ownCrossing(anAlert({ portal: "Gate A" }), [near])).toBeNull();
  });

  it("names who went the same way, the nearest first", () => {
    const all = [
      crossing({}),
      crossing({ tag: "b1", asset: "V-143", time: secondsOn(0.6) }),
      crossing({ tag: "b2", asset: "back", time: secondsOn(0.2), direction: "inbound" }),
      crossing({ tag: "b3", asset: "elsewhere", portal: "Gate A" }),
    ];
    expect(companionsOf(anAlert(), "Gate B", all)).toEqual([
      { asset: "V-143", tag: "b1", afterMs: 600 },
    ]);
  });

  it("counts reads on both sides of the portal", () => {
    const all = [sighting(1, -6, 9), sighting(2, 0, 7), sighting(4, -20, 2)];
    expect(sidesOf(gate, all)).toEqual({ inside: 9, outside: 7 });
    expect(sidesOf(undefined, all)).toBeNull();
  });

  it("has a lane for each antenna, in the order in which they heard it", () => {
    const lanes = lanesOf(
      anAlert(),
      [sighting(2, 0), sighting(1, -6)],
      gate,
      Date.parse(AT) - 45_000,
    );
    expect(lanes.map(({ antenna, side }) => [antenna, side])).toEqual([
      [1, "inside"],
      [2, "outside"],
    ]);
  });

  it("marks the reads on which the alert rests, and does not count them twice", () => {
    const read = { reader: "R-07", antenna: 2, time: secondsOn(0), count: 1, rssi_dbm: -63 };
    const alert = anAlert({ evidence: { reads: [read] } });
    const [lane] = lanesOf(alert, [sighting(2, 0, 7)], gate, Date.parse(AT) - 45_000);
    expect(lane?.count).toBe(7);
    expect(lane?.marks.filter(({ decides }) => decides)).toHaveLength(1);
  });

  it("takes evidence as it comes, also from a gateway that tells less", () => {
    expect(readsOf(anAlert({ evidence: {} }))).toEqual([]);
    expect(readsOf(anAlert({ evidence: { reads: [null, 3, {}] } }))).toEqual([]);
    expect(
      scoresOf(anAlert({ evidence: { estimate: { gate: 0.9, lobby: 0.1, outbound: 1 } } })),
    ).toEqual([
      ["gate", 0.9],
      ["lobby", 0.1],
    ]);
  });

  it("draws strong reads larger than weak ones, and never out of bounds", () => {
    const sizes = [-200, -75, -60, -40, 0].map(strengthOf);
    expect(sizes).toEqual([...sizes].sort((one, other) => one - other));
    expect([sizes[0], sizes.at(-1)]).toEqual([0, 1]);
  });
});
