/** Names and numbers of zones: where they stand, and how they are drawn. */

import { type Cover, cheapest, corners, labelFitting, type Rect, touches } from "./labels";
import type { Outline } from "./outline";
import type { DrawnFloor, DrawnZone } from "./site";
import { drawSymbol } from "./symbols";
import type { Pen, PlanAlarm } from "./types";

/** A label that has found its place. */
export interface ZoneLabel extends Rect {
  readonly zone: number;
  readonly text: string;
  /** Whether its number stands behind it. */
  readonly counted: boolean;
  /** In large figures, with the name beneath. */
  readonly large: boolean;
  readonly size: number;
}

/** Clear of the second line of a restricted zone. */
const PAD = 7;
const LETTERS = 12;

/** The box of a zone in pixels. */
function screenBox(pen: Pen, { box }: Outline): Rect {
  const [x0, y0] = pen.toScreen({ x: box.left, y: box.top });
  const [x1, y1] = pen.toScreen({ x: box.right, y: box.bottom });
  return { x: Math.min(x0, x1), y: Math.min(y0, y1), w: Math.abs(x1 - x0), h: Math.abs(y1 - y0) };
}

/** The part of a zone's box that is on the screen; null where nearly nothing is. */
function seenRect(pen: Pen, outline: Outline): Rect | null {
  const box = screenBox(pen, outline);
  const left = Math.max(0, box.x);
  const top = Math.max(0, box.y);
  const w = Math.min(pen.width, box.x + box.w) - left;
  const h = Math.min(pen.height, box.y + box.h) - top;
  return w < 20 * pen.unit || h < 12 * pen.unit ? null : { x: left, y: top, w, h };
}

/** Place the labels of all zones that are seen. What is placed is taken in `cover`. */
export function placeLabels(
  pen: Pen,
  floor: DrawnFloor,
  cover: Cover,
  counts: Uint32Array | null,
): ZoneLabel[] {
  const found: ZoneLabel[] = [];
  pen.context.font = pen.font(LETTERS * pen.unit);
  floor.zones.forEach((zone, index) => {
    const rect = zone.outline && seenRect(pen, zone.outline);
    if (!rect) return;
    const label = cornerLabel(pen, floor, zone, rect, cover, counts?.[index]);
    if (!label) return;
    cover.add({ ...label, weight: 6 });
    found.push({ ...label, zone: index });
  });
  return found;
}

function cornerLabel(
  pen: Pen,
  floor: DrawnFloor,
  zone: DrawnZone,
  rect: Rect,
  cover: Cover,
  count: number | undefined,
): Omit<ZoneLabel, "zone"> | null {
  const { unit, context } = pen;
  const size = LETTERS * unit;
  const figures = count === undefined ? 0 : context.measureText(` ${count}`).width * 1.1;
  const widthOf = (text: string) => context.measureText(text).width;
  const short = floor.short.get(zone.name) ?? [];
  const fits = labelFitting(zone.name, short, rect.w - 2 * PAD * unit, figures, widthOf);
  if (fits === null) return null;
  const { text, counted } = fits;
  const wide = widthOf(text) + (counted ? figures : 0);
  const places = corners(rect, wide, size * 1.15, PAD * unit).filter(
    (place) => !isOverInner(pen, floor, zone, place),
  );
  const place = cheapest(places, cover, 3 * unit);
  return place && { ...place, text, counted, large: false, size };
}

/** Whether a label would stand in a smaller zone that lies over this one, and be taken for its. */
function isOverInner(pen: Pen, floor: DrawnFloor, zone: DrawnZone, place: Rect): boolean {
  return floor.zones.some(
    ({ outline }) =>
      outline !== null &&
      zone.outline !== null &&
      outline !== zone.outline &&
      sizeOf(outline) < sizeOf(zone.outline) &&
      touches(place, screenBox(pen, outline)),
  );
}

function sizeOf({ box }: Outline): number {
  return (box.right - box.left) * (box.top - box.bottom);
}

/** In counts mode: one large number in the middle of each zone, and its name where it fits. */
export function placeCounts(pen: Pen, floor: DrawnFloor, counts: Uint32Array): ZoneLabel[] {
  const found: ZoneLabel[] = [];
  floor.zones.forEach((zone, index) => {
    const rect = zone.outline && seenRect(pen, zone.outline);
    if (rect) found.push(countLabel(pen, floor, rect, counts[index] ?? 0, index));
  });
  return found;
}

function countLabel(
  pen: Pen,
  { zones, short }: DrawnFloor,
  rect: Rect,
  count: number,
  index: number,
): ZoneLabel {
  const zone = zones[index];
  const name = zone?.name ?? "";
  const { unit, context } = pen;
  const letters = LETTERS * unit;
  const size = Math.max(12 * unit, Math.min(22 * unit, rect.h - letters * 2.1, rect.w * 0.42));
  context.font = pen.font(letters);
  const widthOf = (text: string) => context.measureText(text).width;
  const fits = labelFitting(name, short.get(name) ?? [], rect.w - 4 * unit, 0, widthOf);
  const text = fits && rect.h > size + letters * 1.4 ? fits.text : "";
  context.font = pen.font(size, 600);
  const w = context.measureText(String(count)).width;
  const [x, y] = zone?.middle ? pen.toScreen(zone.middle) : [rect.x, rect.y];
  const [cx, cy] = [
    Math.min(Math.max(x, rect.x + w / 2), rect.x + rect.w - w / 2),
    Math.min(Math.max(y, rect.y + size / 2), rect.y + rect.h - size / 2),
  ];
  return { zone: index, text, counted: true, large: true, size, x: cx, y: cy, w, h: size };
}

/** Draw the labels with the numbers of now. */
export function drawLabels(
  pen: Pen,
  labels: readonly ZoneLabel[],
  counts: Uint32Array | null,
  lastKnown: (zone: number) => string,
): void {
  const { context } = pen;
  context.textBaseline = "alphabetic";
  context.lineJoin = "round";
  context.setLineDash([]);
  for (const label of labels) {
    if (label.large) drawCount(pen, label, counts?.[label.zone] ?? 0);
    else drawName(pen, label, counts?.[label.zone], lastKnown(label.zone));
  }
  context.textAlign = "left";
}

/** Letters with an edge of the ground's colour, so that what lies beneath does not run into them. */
export function haloed(pen: Pen, text: string, x: number, y: number, token: string): void {
  const { context } = pen;
  context.lineWidth = 3 * pen.unit;
  context.strokeStyle = pen.colour("--plan-zone");
  context.strokeText(text, x, y);
  context.fillStyle = pen.colour(token);
  context.fillText(text, x, y);
}

function drawName(pen: Pen, label: ZoneLabel, count: number | undefined, said: string): void {
  const { context } = pen;
  const base = label.y + label.h * 0.82;
  context.textAlign = "left";
  context.font = pen.font(label.size);
  haloed(pen, label.text, label.x, base, "--plan-label");
  let x = label.x + context.measureText(`${label.text} `).width;
  if (count !== undefined && label.counted) {
    context.font = pen.font(label.size, 600);
    haloed(pen, String(count), x, base, "--ink");
    x += context.measureText(`${count} `).width;
  }
  if (!said) return;
  context.font = pen.font(label.size * 0.92);
  haloed(pen, said, label.x, base + label.size * 1.2, "--ink-2");
}

function drawCount(pen: Pen, label: ZoneLabel, count: number): void {
  const { context } = pen;
  context.textAlign = "center";
  context.font = pen.font(label.size, 600);
  const base = label.y + (label.text ? label.size * 0.1 : label.size * 0.36);
  haloed(pen, String(count), label.x, base, count ? "--ink" : "--ink-3");
  if (!label.text) return;
  context.font = pen.font(LETTERS * pen.unit);
  haloed(pen, label.text, label.x, base + LETTERS * 1.25 * pen.unit, "--plan-label");
}

/** Where the worst alert of a zone stands: beside its number, else above it. */
export function alarmPlace({ unit, width }: Pen, label: ZoneLabel): readonly [number, number] {
  const x = label.x + label.w / 2 + 14 * unit;
  const isTight = x + 7 * unit > width;
  return isTight ? [label.x, label.y - label.size] : [x, label.y - label.size * 0.22];
}

/** In counts mode the worst alert of a zone stands beside its number. */
export function drawZoneAlarms(
  pen: Pen,
  labels: readonly ZoneLabel[],
  worst: ReadonlyMap<number, PlanAlarm>,
): void {
  for (const label of labels) {
    const alarm = worst.get(label.zone);
    if (alarm && label.large) drawSymbol(pen, ...alarmPlace(pen, label), alarm, 8 * pen.unit);
  }
}
