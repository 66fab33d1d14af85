import { expect, test } from "vitest";
import { emptyLive, FrameError, takeFrame } from "./frame";
import { talliesOf, whereAt } from "./live";

interface Item {
  index: number;
  x?: number;
  y?: number;
  zone?: number;
  age?: number;
  floor?: number;
  state?: number;
}

/** A frame as docs/live.md says, by hand. */
function frame(
  head: { kind: number; number: number; follows?: number },
  items: Item[],
  gone: number[] = [],
  words?: object,
): ArrayBuffer {
  const text = words ? new TextEncoder().encode(JSON.stringify(words)) : new Uint8Array();
  const buffer = new ArrayBuffer(40 + items.length * 14 + gone.length * 4 + text.length);
  const view = new DataView(buffer);
  view.setUint8(0, 1);
  view.setUint8(1, head.kind);
  view.setUint32(4, head.number, true);
  view.setFloat64(8, 1_000_000, true);
  view.setFloat64(16, 77, true);
  view.setUint32(24, items.length, true);
  view.setUint32(28, gone.length, true);
  view.setUint32(32, text.length, true);
  view.setUint32(36, head.follows ?? 0, true);
  let at = 40;
  const put = (size: 1 | 2 | 4, values: number[]) => {
    for (const value of values) {
      if (size === 4) view.setUint32(at, value, true);
      else if (size === 2) view.setUint16(at, value, true);
      else view.setUint8(at, value);
      at += size;
    }
  };
  put(
    4,
    items.map(({ index }) => index),
  );
  put(4, gone);
  put(
    2,
    items.map(({ x }) => x ?? 65535),
  );
  put(
    2,
    items.map(({ y }) => y ?? 65535),
  );
  put(
    2,
    items.map(({ zone }) => zone ?? 65535),
  );
  put(
    2,
    items.map(({ age }) => age ?? 0),
  );
  put(
    1,
    items.map(({ floor }) => floor ?? 255),
  );
  put(
    1,
    items.map(({ state }) => state ?? 0),
  );
  new Uint8Array(buffer, at).set(text);
  return buffer;
}

const WORDS = {
  site: "v1",
  floors: [
    { name: "ground", left_m: -10, bottom_m: -5, step_m: 0.01 },
    { name: "first", left_m: 0, bottom_m: 0, step_m: 0.01 },
  ],
  zones: [{ name: "hall", floor: "ground", role: "storage" }, null],
  unheard: [0],
};

function filled() {
  const map = emptyLive(2);
  const items = [
    { index: 0, x: 1500, y: 700, zone: 0, floor: 0 },
    { index: 5, zone: 1, age: 90, floor: 0, state: 0x31 },
    { index: 900, floor: 1, zone: 0, state: 0x04 },
  ];
  const words = { ...WORDS, names: ["LT-1", "P-2", "tag:3034"] };
  expect(takeFrame(map, frame({ kind: 1, number: 8 }, items, [], words))).toBe(true);
  return map;
}

test("a full frame says who is where, in metres of the floor", () => {
  const map = filled();
  expect(whereAt(map, 0)).toMatchObject({
    name: "LT-1",
    floor: "ground",
    zone: "hall",
    x: 5,
    y: 2,
  });
  expect(map.seq).toBe(77);
  expect(map.byName.get("tag:3034")).toBe(900);
});

test("what has no fix has no metres, and a zone that may not be seen has no name", () => {
  expect(whereAt(filled(), 5)).toMatchObject({ x: null, y: null, zone: null, floor: "ground" });
});

test("the bits of the state are provisional, loose tags and the worst severity", () => {
  const map = filled();
  expect(whereAt(map, 5)).toMatchObject({ provisional: true, alert: "critical", isTag: false });
  expect(whereAt(map, 900)).toMatchObject({ provisional: false, alert: null, isTag: true });
});

test("not heard for a minute, or where nobody hears, is last known", () => {
  const map = filled();
  expect(whereAt(map, 5)?.lastKnown).toBe(true);
  expect(whereAt(map, 0)?.lastKnown).toBe(false);
  takeFrame(map, frame({ kind: 2, number: 9, follows: 8 }, [{ index: 0, state: 0x02, floor: 0 }]));
  expect(whereAt(map, 0)?.lastKnown).toBe(true);
});

test("changes take out what is gone before they take in who has its index now", () => {
  const map = filled();
  const changes = frame({ kind: 2, number: 9, follows: 8 }, [{ index: 5, floor: 1 }], [5, 0], {
    names: ["P-7"],
  });
  expect(takeFrame(map, changes)).toBe(true);
  expect(map.byName.has("LT-1")).toBe(false);
  expect(map.byName.has("P-2")).toBe(false);
  expect(whereAt(map, 5)).toMatchObject({ name: "P-7", floor: "first" });
});

test("changes keep the names, zones and floors of before", () => {
  const map = filled();
  takeFrame(
    map,
    frame({ kind: 2, number: 9, follows: 8 }, [{ index: 0, x: 1600, y: 700, floor: 0 }]),
  );
  expect(whereAt(map, 0)).toMatchObject({ name: "LT-1", x: 6 });
  expect(map.unheard).toEqual([0]);
});

test("a frame that does not follow changes nothing, and says so", () => {
  const map = filled();
  const late = frame({ kind: 2, number: 11, follows: 10 }, [{ index: 0, floor: 1 }]);
  expect(takeFrame(map, late)).toBe(false);
  expect(whereAt(map, 0)?.floor).toBe("ground");
  expect(map.number).toBe(8);
});

test("a full frame forgets everything that was there before", () => {
  const map = filled();
  takeFrame(map, frame({ kind: 1, number: 1 }, [], [], { ...WORDS, names: [] }));
  expect(map.byName.size).toBe(0);
  expect(whereAt(map, 0)).toBeNull();
});

test.each([
  ["shorter than its header", new ArrayBuffer(12)],
  ["of another version", new Uint8Array([2, 1, ...new Array(38).fill(0)]).buffer],
  [
    "longer than it says",
    Uint8Array.from([...new Uint8Array(frame({ kind: 1, number: 1 }, [])), 0, 0]).buffer,
  ],
])("a frame %s is refused", (_, buffer) => {
  expect(() => takeFrame(emptyLive(), buffer)).toThrow(FrameError);
});

test("the tallies count assets by floor and by how sure they are, and loose tags apart", () => {
  const { site, floors, looseTags } = talliesOf(filled());
  expect(site).toEqual({ all: 2, seen: 1, lastKnown: 1, worst: 3 });
  expect(floors.get("first")?.all).toBe(0);
  expect(looseTags).toBe(1);
});

/** Made by `api.live_frames.encode` of the gateway. */
const MADE = [
  "AQEAAAcAAAAAAIBW/rx4QgAAAAAAAEVAAgAAAAAAAAC6AAAAAAAAAAAAAAAEAAAAej///+Au//8AAAAA",
  "AwBaAAAAIAF7InNpdGUiOiJ2MSIsImZsb29ycyI6W3sibmFtZSI6Imdyb3VuZCIsImxlZnRfbSI6LTIw",
  "LjAsImJvdHRvbV9tIjotMjAuMCwic3RlcF9tIjowLjAwMn1dLCJ6b25lcyI6W3sibmFtZSI6ImhhbGwi",
  "LCJmbG9vciI6Imdyb3VuZCIsInJvbGUiOiJzdG9yYWdlIn1dLCJ1bmhlYXJkIjpbMF0sIm5hbWVzIjpb",
  "IkxULTEiLCJQLTIiXX0=",
].join("");

test("a frame of the gateway's own encoder is understood", () => {
  const map = emptyLive();
  const bytes = Uint8Array.from(atob(MADE), (sign) => sign.charCodeAt(0));
  expect(takeFrame(map, bytes.buffer)).toBe(true);
  expect(map).toMatchObject({ number: 7, seq: 42, timeMs: 1_700_000_000_000, unheard: [0] });
  const first = whereAt(map, 0);
  expect(first).toMatchObject({ name: "LT-1", zone: "hall", floor: "ground", alert: "warning" });
  expect(first?.x).toBeCloseTo(12.5, 2);
  expect(first?.y).toBeCloseTo(4, 2);
  expect(whereAt(map, 4)).toMatchObject({ x: null, provisional: true, lastKnown: true });
});
