/** Where somebody went: older parts fainter, a dot a fix, gaps dashed and never bridged. */
import { SHORT } from "../parts/symbol";
import type { Cover } from "./labels";
import type { Pen, PointM, Trail, TrailPoint } from "./types";

/** Between two fixes that are farther apart in time nobody knows where it was. */
export const GAP_MS = 60_000;
/** A trail goes back for so long, and has at most so many fixes. */
export const TRAIL_MS = 30 * 60_000;
export const TRAIL_POINTS = 200;

/** The newest part of a trail that is drawn. */
export function newest(points: readonly TrailPoint[]): readonly TrailPoint[] {
  const from = (points.at(-1)?.timeMs ?? 0) - TRAIL_MS;
  return points.filter((each) => each.timeMs >= from).slice(-TRAIL_POINTS);
}

/** The same, ending at the symbol of whose it is where that stands in its last zone for no fix. */
export function ended(trail: Trail, findIn: (asset: string, zone: string) => PointM | null): Trail {
  const last = trail.points.at(-1);
  const at = trail.of && last?.zone ? findIn(trail.of, last.zone) : null;
  if (!at || !last) return trail;
  return { ...trail, points: [...trail.points.slice(0, -1), { ...last, x: at.x, y: at.y }] };
}

/** Strokes in pixels; severities stand out. */
const WIDTHS: Partial<Record<Trail["colour"], number>> = { pick: 2.2, other: 1.4 };

/** The token of a trail's colour. */
export function trailToken(trail: Trail): string {
  if (trail.colour === "pick") return "--pick";
  return trail.colour === "other" ? "--ink-2" : `--${SHORT[trail.colour]}`;
}

/** Draw a trail; what it covers is taken, so that tags stand beside it. */
export function drawTrail(pen: Pen, trail: Trail, cover: Cover): void {
  const { context, unit } = pen;
  const points = newest(trail.points).map((point) => ({ point, at: pen.toScreen(point) }));
  const colour = pen.colour(trailToken(trail));
  const last = points.length - 1;
  context.save();
  context.strokeStyle = colour;
  context.lineCap = "round";
  context.lineJoin = "round";
  context.lineWidth = (WIDTHS[trail.colour] ?? 3) * unit;
  for (const index of distinct(points.map(({ at }) => at))) {
    const [before, here] = [points[index - 1], points[index]];
    if (!before || !here) continue;
    const isGap = isUnknown(before.point, here.point);
    context.globalAlpha = 0.35 + (0.65 * index) / last;
    context.setLineDash(isGap ? [3 * unit, 5 * unit] : []);
    context.beginPath();
    context.moveTo(...before.at);
    context.lineTo(...here.at);
    context.stroke();
    takeLine(cover, before.at, here.at, unit);
  }
  context.setLineDash([]);
  context.lineWidth = 1.4 * unit;
  context.fillStyle = pen.colour("--plan-zone");
  points.slice(0, -1).forEach(({ at: [x, y] }, index) => {
    context.globalAlpha = 0.45 + (0.55 * index) / last;
    context.beginPath();
    context.arc(x, y, 2.6 * unit, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  });
  context.restore();
}

/** The ends of the lines to draw: of lines to and fro between two points the newest alone. */
export function distinct(points: readonly (readonly [number, number])[]): number[] {
  const drawn = new Set<string>();
  const ends: number[] = [];
  for (let index = points.length - 1; index > 0; index--) {
    const both = [String(points[index - 1]), String(points[index])].sort().join(" ");
    if (!drawn.has(both)) ends.push(index);
    drawn.add(both);
  }
  return ends.reverse();
}

/** Whether nobody knows the way between two points. */
export function isUnknown(from: TrailPoint, to: TrailPoint): boolean {
  return to.timeMs - from.timeMs > GAP_MS || Boolean(from.zone || to.zone);
}

function takeLine(
  cover: Cover,
  [x0, y0]: readonly [number, number],
  [x1, y1]: readonly [number, number],
  unit: number,
): void {
  const steps = Math.min(Math.ceil(Math.hypot(x1 - x0, y1 - y0) / (24 * unit)), 12);
  for (let step = 0; step <= steps; step++) {
    const share = steps ? step / steps : 0;
    const [x, y] = [x0 + (x1 - x0) * share, y0 + (y1 - y0) * share];
    cover.add({ x: x - 4 * unit, y: y - 4 * unit, w: 8 * unit, h: 8 * unit, weight: 2 });
  }
}
