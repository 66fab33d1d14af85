/** The frames of the live map, decoded into columns. The format is in docs/live.md. */

export const NOWHERE = 0xffff;
export const FLOORLESS = 0xff;
/** Bits of the state of an item. */
export const PROVISIONAL = 0x01;
export const UNKNOWN = 0x02;
export const TAG = 0x04;
export const SEVERITY_SHIFT = 4;

const VERSION = 1;
const FULL = 1;
const HEADER = 40;
/** No gateway has so many items; a frame that says so is broken. */
const ITEMS_MAX = 4_000_000;

/** A frame that cannot be read. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

export interface FrameFloor {
  readonly name: string;
  readonly left_m: number;
  readonly bottom_m: number;
  readonly step_m: number;
}

export interface FrameZone {
  readonly name: string;
  readonly floor: string | null;
  readonly role: string;
}

interface FrameWords {
  site?: string;
  floors?: FrameFloor[];
  zones?: (FrameZone | null)[];
  unheard?: number[];
  names?: string[];
}

/**
 * The newest state of the live map, by the index of each item.
 *
 * Up to `count`, an index is in use where its `name` is not empty. `turn` grows with each frame,
 * `wordsTurn` where floors, zones or what is unheard changed.
 */
export interface LiveState {
  turn: number;
  wordsTurn: number;
  number: number;
  timeMs: number;
  /** What was decided up to this commit sequence is in it. */
  seq: number;
  site: string;
  floors: readonly FrameFloor[];
  zones: readonly (FrameZone | null)[];
  unheard: readonly number[];
  count: number;
  name: string[];
  byName: Map<string, number>;
  x: Uint16Array;
  y: Uint16Array;
  zone: Uint16Array;
  floor: Uint8Array;
  state: Uint8Array;
  /** The gateway's time when it was heard last, in seconds since 1970. */
  heard_s: Float64Array;
}

/** A map on which nothing is. */
export function emptyLive(room = 256): LiveState {
  return {
    turn: 0,
    wordsTurn: 0,
    number: 0,
    timeMs: 0,
    seq: 0,
    site: "",
    floors: [],
    zones: [],
    unheard: [],
    count: 0,
    name: [],
    byName: new Map(),
    x: new Uint16Array(room),
    y: new Uint16Array(room),
    zone: new Uint16Array(room),
    floor: new Uint8Array(room),
    state: new Uint8Array(room),
    heard_s: new Float64Array(room),
  };
}

interface Head {
  kind: number;
  number: number;
  timeMs: number;
  seq: number;
  items: number;
  gone: number;
  text: number;
  follows: number;
}

/**
 * Take a frame in. False where it does not follow what was taken in before: then nothing is
 * changed, and a full frame is needed. Throws FrameError for what is no frame.
 */
export function takeFrame(live: LiveState, buffer: ArrayBuffer): boolean {
  const head = readHead(buffer);
  if (head.kind !== FULL && head.follows !== live.number) return false;
  const columns = readColumns(buffer, head);
  const words = readWords(buffer, head);
  if (head.kind === FULL) clear(live);
  takeWords(live, words);
  for (const index of columns.gone) remove(live, index);
  reserve(live, columns.index);
  takeItems(live, head, columns, words.names ?? []);
  live.number = head.number;
  live.timeMs = head.timeMs;
  live.seq = head.seq;
  live.turn += 1;
  return true;
}

function readHead(buffer: ArrayBuffer): Head {
  if (buffer.byteLength < HEADER) throw new FrameError("a frame has a header of 40 bytes");
  const view = new DataView(buffer);
  if (view.getUint8(0) !== VERSION) throw new FrameError("another version of the live map");
  const head = {
    kind: view.getUint8(1),
    number: view.getUint32(4, true),
    timeMs: view.getFloat64(8, true),
    seq: view.getFloat64(16, true),
    items: view.getUint32(24, true),
    gone: view.getUint32(28, true),
    text: view.getUint32(32, true),
    follows: view.getUint32(36, true),
  };
  const size = HEADER + head.items * 14 + head.gone * 4 + head.text;
  if (size !== buffer.byteLength) throw new FrameError("a frame of another length than it says");
  return head;
}

type Columns = ReturnType<typeof readColumns>;

function readColumns(buffer: ArrayBuffer, { items, gone }: Head) {
  let at = HEADER;
  const from = (bytes: number) => {
    at += bytes;
    return at - bytes;
  };
  return {
    index: new Uint32Array(buffer, from(items * 4), items),
    gone: new Uint32Array(buffer, from(gone * 4), gone),
    x: new Uint16Array(buffer, from(items * 2), items),
    y: new Uint16Array(buffer, from(items * 2), items),
    zone: new Uint16Array(buffer, from(items * 2), items),
    age: new Uint16Array(buffer, from(items * 2), items),
    floor: new Uint8Array(buffer, from(items), items),
    state: new Uint8Array(buffer, from(items), items),
  };
}

const utf8 = new TextDecoder();

function readWords(buffer: ArrayBuffer, { text }: Head): FrameWords {
  if (!text) return {};
  try {
    const bytes = new Uint8Array(buffer, buffer.byteLength - text, text);
    return JSON.parse(utf8.decode(bytes)) as FrameWords;
  } catch {
    throw new FrameError("the text of a frame is no JSON");
  }
}

function clear(live: LiveState): void {
  live.count = 0;
  live.name = [];
  live.byName = new Map();
}

function takeWords(live: LiveState, words: FrameWords): void {
  if (words.site !== undefined) live.site = words.site;
  if (words.floors) live.floors = words.floors;
  if (words.zones) live.zones = words.zones;
  if (words.unheard) live.unheard = words.unheard;
  if (words.floors || words.zones || words.unheard) live.wordsTurn += 1;
}

function remove(live: LiveState, index: number): void {
  const name = live.name[index];
  if (!name) return;
  live.name[index] = "";
  if (live.byName.get(name) === index) live.byName.delete(name);
}

function reserve(live: LiveState, indices: Uint32Array): void {
  let most = -1;
  for (const index of indices) if (index > most) most = index;
  if (most >= ITEMS_MAX) throw new FrameError("an index beyond all reason");
  if (most >= live.x.length) grow(live, Math.max(most + 1, live.x.length * 2));
  for (let index = live.count; index <= most; index++) live.name[index] = "";
  live.count = Math.max(live.count, most + 1);
}

function grow(live: LiveState, room: number): void {
  const widened = <T extends Uint8Array | Uint16Array | Float64Array>(from: T, into: T): T => {
    into.set(from);
    return into;
  };
  live.x = widened(live.x, new Uint16Array(room));
  live.y = widened(live.y, new Uint16Array(room));
  live.zone = widened(live.zone, new Uint16Array(room));
  live.floor = widened(live.floor, new Uint8Array(room));
  live.state = widened(live.state, new Uint8Array(room));
  live.heard_s = widened(live.heard_s, new Float64Array(room));
}

function takeItems(live: LiveState, head: Head, from: Columns, names: readonly string[]): void {
  const now_s = head.timeMs / 1000;
  for (let at = 0; at < head.items; at++) {
    const index = from.index[at] ?? 0;
    const name = names[at];
    if (name !== undefined) {
      remove(live, index);
      live.name[index] = name;
      live.byName.set(name, index);
    }
    live.x[index] = from.x[at] ?? NOWHERE;
    live.y[index] = from.y[at] ?? NOWHERE;
    live.zone[index] = from.zone[at] ?? NOWHERE;
    live.floor[index] = from.floor[at] ?? FLOORLESS;
    live.state[index] = from.state[at] ?? 0;
    live.heard_s[index] = now_s - (from.age[at] ?? 0);
  }
}
