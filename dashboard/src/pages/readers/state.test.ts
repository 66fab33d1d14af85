import { expect, test } from "vitest";
import type { Reader } from "../../api/shape";
import { careOf, inOrder, stateText, zonesOf } from "./state";

const NOW = Date.parse("2026-01-31T12:00:00Z");

function reader(more: Partial<Reader> = {}): Reader {
  return {
    name: "gate-1",
    state: "online",
    since: "2026-01-31T11:20:00Z",
    reason: "",
    remedy: "",
    last_message: null,
    last_read: null,
    clock_offset_ms: null,
    antennas: {},
    maintenance: [],
    listed: true,
    reads_per_second: 0,
    series: [],
    zone: null,
    points: [],
    ...more,
  };
}

test("a reader that answers needs no care and is reading", () => {
  expect(careOf(reader())).toBeNull();
  expect(stateText(reader(), NOW)).toBe("Reading");
});

test("a silent reader says for how long", () => {
  expect(stateText(reader({ state: "silent" }), NOW)).toBe("Silent for 40 min");
  expect(careOf(reader({ state: "silent" }))).toBe("warning");
});

test("an unplugged antenna needs care though its reader is online", () => {
  expect(careOf(reader({ antennas: { "1": "connected", "2": "disconnected" } }))).toBe("warning");
});

test("a clock that is off is said with its direction", () => {
  expect(stateText(reader({ clock_offset_ms: -1800 }), NOW)).toBe("Clock 1.8 s behind");
  expect(stateText(reader({ clock_offset_ms: 1800 }), NOW)).toBe("Clock 1.8 s ahead");
});

test("who needs care stands first", () => {
  const some = [reader({ name: "a" }), reader({ name: "b", state: "offline" })];
  expect(inOrder(some).map((each) => each.name)).toEqual(["b", "a"]);
});

test("each zone is named once", () => {
  const points = [1, 2].map((antenna) => ({ antenna, zone: "hall", at_m: null }));
  expect(zonesOf(reader({ points, zone: "hall" }))).toEqual(["hall"]);
});
