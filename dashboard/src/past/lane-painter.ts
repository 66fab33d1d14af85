/** Draws lanes of bars on a canvas: zones filled, gaps hatched, alerts marked. */
import { markOf, outlineOf, SHORT } from "../parts/symbol";
import type { Palette } from "../plan/palette";
import type { Bar, Past } from "./entries";
import { lengthOf, type Span } from "./span";

/** Sizes of the lanes in pixels of a 16 px root. */
export const LANE = 34;
const BAR = 22;
const PAD = 6;

export interface LaneScene {
  /** A lane each; null where it is still being read. */
  readonly pasts: readonly (Past | null)[];
  readonly part: Span;
  /** The lane that stands out; null for none. */
  readonly first: string | null;
  readonly width: number;
  readonly unit: number;
  readonly palette: Palette;
  readonly label: (bar: Bar) => string;
  /** What a lane says that is still being read. */
  readonly waits: string;
}

type Context = CanvasRenderingContext2D;

/** The whole canvas anew; bars that are not in the part cost nothing but a comparison. */
export function drawLanes(context: Context, scene: LaneScene): void {
  const { unit, width, pasts } = scene;
  context.clearRect(0, 0, width, pasts.length * LANE * unit + 1);
  const hatch = hatchOf(context, scene.palette.colour("--ink-3"), unit);
  pasts.forEach((past, lane) => {
    const top = lane * LANE * unit;
    if (lane > 0) drawLine(context, scene, top);
    if (past === null) drawWaits(context, scene, top);
    else drawLane(context, scene, past, { top, hatch });
  });
}

function drawLane(
  context: Context,
  scene: LaneScene,
  past: Past,
  { top, hatch }: { top: number; hatch: CanvasPattern | null },
): void {
  for (const bar of past.bars) drawBar(context, scene, bar, top, past.asset, hatch);
  for (const event of past.events) {
    if (event.what.type === "alert" && event.severity) drawAlert(context, scene, event, top);
  }
}

/** Where a moment is, in pixels of the lanes. */
export function xOf(moment: number, part: Span, width: number): number {
  return ((moment - part.from) / lengthOf(part)) * width;
}

function drawLine(context: Context, { width, palette }: LaneScene, top: number): void {
  context.fillStyle = palette.colour("--line");
  context.fillRect(0, Math.round(top), width, 1);
}

function drawWaits(context: Context, { palette, unit, waits }: LaneScene, top: number): void {
  context.font = palette.font(12 * unit);
  context.fillStyle = palette.colour("--ink-3");
  context.textBaseline = "middle";
  context.fillText(waits, 6 * unit, top + (LANE / 2) * unit);
}

function drawBar(
  context: Context,
  scene: LaneScene,
  bar: Bar,
  top: number,
  asset: string,
  hatch: CanvasPattern | null,
): void {
  const { part, width, unit, palette } = scene;
  if (bar.to < part.from || bar.from > part.to) return;
  const left = Math.max(-8, xOf(bar.from, part, width));
  const right = Math.min(width + 8, xOf(bar.to, part, width));
  const size = Math.max(2, right - left - 1.5);
  const [y, high] = [top + PAD * unit, BAR * unit];
  const isGap = bar.kind === "gap";
  const isFirst = !isGap && asset === scene.first;
  context.fillStyle = palette.colour(fillOf(isGap, isFirst));
  context.fillRect(left, y, size, high);
  if (isGap && hatch) {
    context.fillStyle = hatch;
    context.fillRect(left, y, size, high);
  }
  context.strokeStyle = palette.colour(edgeOf(isGap, isFirst));
  context.setLineDash(isGap ? [3 * unit, 3 * unit] : []);
  if (size > 3) context.strokeRect(left + 0.5, y + 0.5, size - 1, high - 1);
  context.setLineDash([]);
  drawLabel(context, scene, bar, { left, size, y, high });
}

function fillOf(isGap: boolean, isFirst: boolean): string {
  if (isGap) return "--surface";
  return isFirst ? "--pick-soft" : "--hover";
}

function edgeOf(isGap: boolean, isFirst: boolean): string {
  if (isGap) return "--ink-3";
  return isFirst ? "--pick" : "--line-strong";
}

interface Box {
  readonly left: number;
  readonly size: number;
  readonly y: number;
  readonly high: number;
}

function drawLabel(context: Context, scene: LaneScene, bar: Bar, box: Box): void {
  const { unit, palette, width } = scene;
  const left = Math.max(0, box.left) + 6 * unit;
  const room = Math.min(width, box.left + box.size) - left - 4 * unit;
  if (room < 20 * unit) return;
  context.font = palette.font(12 * unit);
  const text = fitted(context, scene.label(bar), room);
  if (!text) return;
  if (bar.kind === "gap") {
    context.fillStyle = palette.colour("--surface");
    const wide = context.measureText(text).width + 6 * unit;
    context.fillRect(left - 3 * unit, box.y + 2 * unit, wide, box.high - 4 * unit);
  }
  context.fillStyle = palette.colour(bar.kind === "gap" ? "--ink-2" : "--ink");
  context.textBaseline = "middle";
  context.fillText(text, left, box.y + box.high / 2 + 0.5 * unit);
}

/** The text, cut with an ellipsis where it is too wide; empty where not even that has room. */
function fitted(context: Context, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(`${text.slice(0, middle)}…`).width <= room) low = middle;
    else high = middle - 1;
  }
  return low > 1 ? `${text.slice(0, low)}…` : "";
}

function drawAlert(
  context: Context,
  { part, width, unit, palette }: LaneScene,
  event: Past["events"][number],
  top: number,
): void {
  const { severity } = event;
  const r = 7;
  const place = xOf(event.timeMs, part, width);
  if (!severity || place < -10 || place > width + 10) return;
  // At an end of the lane it is still seen whole.
  const x = Math.min(width - (r + 1) * unit, Math.max((r + 1) * unit, place));
  context.save();
  context.translate(x, top + (LANE / 2) * unit);
  context.scale(unit, unit);
  context.lineWidth = 3;
  context.strokeStyle = palette.colour("--surface");
  const outline = new Path2D(outlineOf(severity, r));
  context.stroke(outline);
  context.fillStyle = palette.colour(`--${SHORT[severity]}-solid`);
  context.fill(outline);
  context.lineWidth = 1.6;
  context.strokeStyle = palette.colour(`--${SHORT[severity]}-on`);
  context.stroke(new Path2D(markOf(severity, "new", r)));
  context.restore();
}

function hatchOf(context: Context, colour: string, unit: number): CanvasPattern | null {
  const size = Math.max(4, Math.round(7 * unit));
  const tile = document.createElement("canvas");
  tile.width = size;
  tile.height = size;
  const pen = tile.getContext("2d");
  if (!pen) return null;
  pen.strokeStyle = colour;
  pen.lineWidth = Math.max(1, unit);
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift - 1, size + 1);
    pen.lineTo(shift + size + 1, -1);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat");
}

/** The whole span in a thin line: where bars, gaps and alerts are. */
export function drawOverview(
  context: Context,
  scene: Pick<LaneScene, "width" | "unit" | "palette"> & { pasts: readonly Past[] },
  whole: Span,
  high: number,
): void {
  const { pasts, width, palette, unit } = scene;
  context.clearRect(0, 0, width, high);
  const lane = (high - 4) / Math.max(1, pasts.length);
  pasts.forEach((past, index) => {
    for (const bar of past.bars) {
      const left = xOf(bar.from, whole, width);
      const size = Math.max(1, xOf(bar.to, whole, width) - left - 0.5);
      context.fillStyle = palette.colour(bar.kind === "gap" ? "--line" : "--ink-3");
      context.fillRect(left, 2 + index * lane, size, Math.max(1, lane - 1));
    }
  });
  for (const { events } of pasts) {
    for (const { severity, timeMs } of events) {
      if (!severity) continue;
      context.fillStyle = palette.colour(`--${SHORT[severity]}`);
      context.fillRect(xOf(timeMs, whole, width) - unit, 0, 2.5 * unit, high);
    }
  }
}
