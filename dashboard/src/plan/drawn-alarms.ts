/** Alerts on a plan: their symbols where they stand, the ring of who is critical, their tags. */
import { crowded, middleOne, type Standing, TOGETHER_FROM } from "./alarm-groups";
import { type Cover, SYMBOL_WEIGHT, widened } from "./labels";
import type { OverInput } from "./over";
import { drawSymbol } from "./symbols";
import type { Tagged } from "./tags";
import type { Pen, PlanAlarm, PointM } from "./types";
import { alarmPlace } from "./zone-labels";

const RING_MS = 1600;
/** Alerts in one place stand side by side. */
const BESIDE = 20;

/** Critical, and nobody has it yet. */
export function isHot({ severity, state }: PlanAlarm): boolean {
  return severity === "critical" && state === "new";
}

/** An alert with the pixel and the zone in which it is seen. */
export interface Seen extends Standing {
  readonly alarm: PlanAlarm;
}

/** The alerts of this plan, each at its asset, at its own place or in its zone. */
export function seenAlarms(input: OverInput): Seen[] {
  const { pen, placed } = input;
  const taken = new Map<string, number>();
  return input.scene.alarms.flatMap((alarm) => {
    const spot = spotOf(input, alarm);
    if (!spot) return [];
    const hot = isHot(alarm);
    const [left, y] = pen.toScreen(spot.at);
    const key = `${Math.round(left / 8)} ${Math.round(y / 8)}`;
    const before = !placed.counts || hot ? (taken.get(key) ?? 0) : 0;
    if (!placed.counts || hot) taken.set(key, before + 1);
    return [{ alarm, x: left + before * BESIDE * pen.unit, y, zone: spot.zone, isHot: hot }];
  });
}

function spotOf(input: OverInput, alarm: PlanAlarm): { at: PointM; zone: number } | null {
  const { floor, marks } = input.scene;
  const found = alarm.asset ? input.find(alarm.asset) : null;
  const named = floor.zones.findIndex(({ name }) => name === alarm.zone);
  if (found) {
    const zone = marks?.zone[found.index] ?? -1;
    return { at: found, zone: zone < floor.zones.length ? zone : -1 };
  }
  const at = alarm.at ?? floor.zones[named]?.middle;
  return at ? { at, zone: named } : null;
}

/** Draw them; answers the tags that they want. */
export function drawAlarms(input: OverInput, all: readonly Seen[], cover: Cover): Tagged[] {
  const { counts } = input.placed;
  const groups = crowded(all, leastOf(input));
  const told = new Set([...groups.values()].flat());
  const alone = all.filter((each) => !told.has(each) && (!counts || each.isHot));
  const tags = [...groups].flatMap(([zone, some]) => drawGroup(input, zone, some, cover));
  for (const each of alone) {
    drawOne(input, each, cover);
    const { label } = each.alarm;
    if (label && (each.isHot || each.alarm.named)) tags.push(tagAt(input.pen, each, label));
  }
  return tags;
}

/** On a small plan of counts not even one would be found beside the number of its zone. */
function leastOf({ placed: { counts }, scene: { plain } }: OverInput): number {
  if (counts && plain) return 1;
  return counts ? TOGETHER_FROM.counts : TOGETHER_FROM.single;
}

/** Many of one zone: one tag, and on a plan of counts one symbol, beside the number. */
function drawGroup(input: OverInput, zone: number, some: readonly Seen[], cover: Cover): Tagged[] {
  const place = input.placed.counts ? atNumber(input, zone) : null;
  const [newest] = some.slice(-1);
  if (place && newest) drawOne(input, { ...newest, ...place }, cover);
  else for (const each of some) drawOne(input, each, cover);
  const at = place ?? middleOne(some);
  const name = input.scene.floor.zones[zone]?.name ?? "";
  return at ? [tagAt(input.pen, at, input.scene.words.alertsIn(some.length, name))] : [];
}

/** Beside the number of a zone, as it is drawn now. */
function atNumber({ pen, placed }: OverInput, zone: number): { x: number; y: number } | null {
  const label = placed.labels.find((each) => each.zone === zone && each.large);
  if (!label) return null;
  const [x0, y0] = placed.pen.toScreen({ x: 0, y: 0 });
  const [x1, y1] = pen.toScreen({ x: 0, y: 0 });
  const [x, y] = alarmPlace(pen, label);
  return { x: x + x1 - x0, y: y + y1 - y0 };
}

function tagAt({ unit }: Pen, { x, y }: { x: number; y: number }, text: string): Tagged {
  return { text, x, y: y + 6 * unit, edge: "--crit", isAlert: true };
}

function drawOne({ scene, pen, nowMs }: OverInput, { alarm, x, y }: Seen, cover: Cover): void {
  const hot = isHot(alarm);
  if (hot && !scene.plain) drawRing(pen, x, y, scene.motion ? nowMs : null);
  drawSymbol(pen, x, y, alarm, (hot ? 11 : 8.5) * pen.unit * (scene.plain ? 0.7 : 1));
  cover.add({ ...widened({ x, y, w: 0, h: 0 }, 13 * pen.unit), weight: SYMBOL_WEIGHT });
}

/** The ring beats once in 1.6 s; without motion it stands. */
function drawRing(pen: Pen, x: number, y: number, nowMs: number | null): void {
  const { context, unit } = pen;
  const share = nowMs === null ? 0.5 : (nowMs % RING_MS) / RING_MS;
  context.save();
  context.globalAlpha = nowMs === null ? 1 : 1 - share * 0.75;
  context.lineWidth = 2 * unit;
  context.strokeStyle = pen.colour("--crit");
  context.beginPath();
  context.arc(x, y, (15 + 11 * share) * unit, 0, 2 * Math.PI);
  context.stroke();
  context.restore();
}
