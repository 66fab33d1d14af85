/** What stands above the assets: labels, trail, alarms, pick, tags; in this order. */
import { drawAges } from "./ages";
import { countsOf, isCrowded, worstIn } from "./counts";
import { drawAlarms, type Seen, seenAlarms } from "./drawn-alarms";
import { Cover, widened } from "./labels";
import type { Palette } from "./palette";
import type { Scene } from "./scene";
import { drawShape, rowOf } from "./sprites";
import { drawTags, type FloorLink, type Tagged } from "./tags";
import { drawTrail, ended, newest } from "./trails";
import { type BoxM, LOOK, type Pen, type PointM, type Trail, type TrailPoint } from "./types";
import { barOf, fitted } from "./view";
import {
  drawLabels,
  drawZoneAlarms,
  haloed,
  placeCounts,
  placeLabels,
  type ZoneLabel,
} from "./zone-labels";

/** Assets that labels give way to; beyond so many nobody could. */
const COVERED_MAX = 3000;

/** Where an asset is drawn just now. */
type Spot = PointM & { index: number; heading: number };
/** Finds an asset; null where it is not on this plan. */
export type Finder = (name: string) => Spot | null;

/** Labels as they were placed last, with what they were placed for. */
export interface Placed {
  readonly labels: readonly ZoneLabel[];
  readonly cover: Cover;
  readonly counts: boolean;
  readonly atMs: number;
  readonly pen: Pen;
}

/** Whether zones show numbers instead of single assets. */
export function showsCounts(scene: Scene, pen: Pen, phone: boolean, before: boolean): boolean {
  if (scene.mode !== "auto") return scene.mode === "counts";
  if (!scene.marks || !scene.floor.zones.some((zone) => zone.outline)) return false;
  const { extent } = scene.floor;
  if (phone) return !isNear(scene, pen);
  const area = (extent.right - extent.left) * (extent.top - extent.bottom) * pen.scale ** 2;
  const { all } = countsOf(scene.marks, 0);
  // A little sooner there than back, so that one asset more or less does not flip the view.
  return isCrowded(all, before ? area * 0.8 : area, pen.unit);
}

/** So much nearer than the whole plan it is zoomed in: a phone shows single assets, ages are told. */
const NEAR = 1.6;

function isNear({ floor }: Scene, pen: Pen): boolean {
  return pen.scale >= scaleOfWhole(floor.extent, pen) * NEAR;
}

function scaleOfWhole(extent: BoxM, { width, height, toScreen }: Pen): number {
  const [x0, y0] = toScreen({ x: 0, y: 0 });
  const [x1, y1] = toScreen({ x: 1, y: 0 });
  const turned = Math.abs(x1 - x0) < Math.abs(y1 - y0);
  return fitted(extent, { width, height, turned }, 10).scale;
}

/** Place the labels anew. */
export function placed(scene: Scene, pen: Pen, counts: boolean, nowMs: number): Placed {
  const cover = new Cover();
  if (!counts) coverAssets(scene, pen, cover);
  const tallied = scene.marks && countsOf(scene.marks, scene.floor.zones.length).byZone;
  const labels =
    scene.plain && !counts
      ? []
      : counts
        ? placeCounts(pen, scene.floor, tallied ?? new Uint32Array(scene.floor.zones.length))
        : placeLabels(pen, scene.floor, cover, scene.counted ? tallied : null);
  return { labels, cover, counts, atMs: nowMs, pen };
}

function coverAssets({ marks, readers }: Scene, pen: Pen, cover: Cover): void {
  for (const reader of readers) {
    const [x, y] = pen.toScreen(reader);
    cover.add({ ...widened({ x, y, w: 0, h: 0 }, 6 * pen.unit), weight: 2 });
  }
  if (!marks || marks.count > COVERED_MAX) return;
  for (let at = 0; at < marks.count; at++) {
    if (((marks.look[at] ?? 0) & (LOOK.shown | LOOK.nowhere)) !== LOOK.shown) continue;
    const [x, y] = pen.toScreen({ x: marks.x[at] ?? 0, y: marks.y[at] ?? 0 });
    cover.add({ ...widened({ x, y, w: 0, h: 0 }, 4 * pen.unit), weight: 1 });
  }
}

/** What one drawing of the upper layer needs. */
export interface OverInput {
  readonly scene: Scene;
  readonly pen: Pen;
  readonly placed: Placed;
  readonly find: Finder;
  readonly palette: Palette;
  readonly nowMs: number;
  readonly counts: Uint32Array | null;
}

/** Draw everything above the assets; answers the tags that lead to another floor. */
export function drawOver(input: OverInput): FloorLink[] {
  const { scene, pen, placed: set } = input;
  const alarms = seenAlarms(input);
  drawLabelsMoved(input, alarms);
  const cover = new Cover(set.cover);
  const trails = scene.trails.map((trail) => ended(trail, finderIn(input)));
  if (!set.counts || scene.picked) {
    for (const trail of trails) drawTrail(pen, trail, cover);
  }
  const tags: Tagged[] = drawAlarms(input, alarms, cover);
  const pick = drawPick(input, alarms, cover);
  if (pick && tags.every(({ text }) => text !== pick.text)) tags.push(pick);
  tags.push(...trailTags(input, trails));
  for (const layer of scene.layers) if (layer.order === "over") layer.draw(pen);
  if (!scene.plain && !set.counts) drawScale(scene, pen, cover);
  const links = scene.plain ? [] : drawTags(pen, tags, cover);
  drawFrame(scene, pen);
  return links;
}

function finderIn({ scene: { marks, floor }, find }: OverInput) {
  return (asset: string, zone: string): PointM | null => {
    const spot = find(asset);
    const place = spot ? marks?.zone[spot.index] : undefined;
    return place !== undefined && floor.zones[place]?.name === zone ? spot : null;
  };
}

/** The scale bar, and near by the ages of who was not heard for long. */
function drawScale(scene: Scene, pen: Pen, cover: Cover): void {
  drawBar(pen, cover);
  if (scene.marks && isNear(scene, pen)) drawAges(pen, scene.marks, cover);
}

function drawLabelsMoved(input: OverInput, alarms: readonly Seen[]): void {
  const { scene, pen, placed: set } = input;
  const said = (zone: number) =>
    scene.unheard.has(scene.floor.zones[zone]?.name ?? "") ? scene.words.lastKnown : "";
  const [x0, y0] = set.pen.toScreen({ x: 0, y: 0 });
  const [x1, y1] = pen.toScreen({ x: 0, y: 0 });
  pen.context.save();
  pen.context.translate(x1 - x0, y1 - y0);
  const counts = scene.counted || set.counts ? input.counts : null;
  drawLabels(pen, set.labels, counts, said);
  if (set.counts) drawZoneAlarms(pen, set.labels, worstIn(alarms.filter((each) => !each.isHot)));
  pen.context.restore();
}

/** Who is picked; where an alert has its symbol there, a ring around that. */
function drawPick(input: OverInput, alarms: readonly Seen[], cover: Cover): Tagged | null {
  const { scene, pen } = input;
  const spot = scene.picked ? input.find(scene.picked) : null;
  if (!spot) return null;
  const { context, unit } = pen;
  const [x, y] = pen.toScreen(spot);
  const hasSymbol = alarms.some(
    ({ alarm, isHot }) => alarm.asset === scene.picked && (isHot || !input.placed.counts),
  );
  context.save();
  context.translate(x, y);
  context.lineWidth = 2 * unit;
  context.setLineDash([]);
  context.strokeStyle = pen.colour("--pick");
  context.beginPath();
  context.arc(0, 0, (hasSymbol ? 15 : 10.5) * unit, 0, 2 * Math.PI);
  context.stroke();
  if (!hasSymbol) drawPicked(input, spot);
  context.restore();
  cover.add({ ...widened({ x, y, w: 0, h: 0 }, 12 * unit), weight: 9 });
  return { text: tagOf(scene), x, y, edge: "--pick" };
}

/** Fill the ring, and draw the shape of the asset in it. */
function drawPicked({ scene: { marks }, pen, palette }: OverInput, spot: Spot): void {
  const { context, unit } = pen;
  context.fillStyle = pen.colour("--pick-soft");
  context.fill();
  const shape = marks?.shape[spot.index] ?? 0;
  context.scale(1.15 * unit, 1.15 * unit);
  if (shape === 1) context.rotate(spot.heading);
  const ink = { ...palette, colour: (token: string) => palette.colour(INK[token] ?? token) };
  drawShape(context, ink, shape, rowOf(marks?.look[spot.index] ?? 0));
}

const INK: Record<string, string> = { "--asset": "--ink", "--asset-stale": "--ink-2" };

function tagOf(scene: Scene): string {
  return scene.pickedLabel || scene.picked || "";
}

/** So many times stand along a trail at most. */
const TIMES_MAX = 6;

/** The times of trails, what leads on before the rest, then the newest; one in each place. */
function trailTags({ scene, pen, placed: set }: OverInput, trails: readonly Trail[]): Tagged[] {
  if (set.counts) return [];
  const told = new Set<string>();
  const points = trails.flatMap(({ points: all }) => newest(all).filter(hasLabel));
  const leads = (point: TrailPoint) => Number(point.leadsTo !== undefined);
  points.sort((one, other) => leads(other) - leads(one) || other.timeMs - one.timeMs);
  return points.flatMap((point) => {
    const key = `${point.x} ${point.y}`;
    if (!point.label || told.has(key) || told.size >= TIMES_MAX) return [];
    told.add(key);
    const [x, y] = pen.toScreen(point);
    const { label: text } = point;
    const leadsTo = scene.leads ? point.leadsTo : undefined;
    return [{ text, x, y, leadsTo, edge: leadsTo === undefined ? "--line-strong" : "--pick" }];
  });
}

const hasLabel = (point: TrailPoint): boolean => Boolean(point.label);

function drawFrame({ frame }: Scene, pen: Pen): void {
  if (!frame) return;
  const [x0, y0] = pen.toScreen({ x: frame.left, y: frame.top });
  const [x1, y1] = pen.toScreen({ x: frame.right, y: frame.bottom });
  pen.context.setLineDash([]);
  pen.context.lineWidth = 1.5 * pen.unit;
  pen.context.strokeStyle = pen.colour("--ink");
  const [x, y] = [Math.min(x0, x1), Math.min(y0, y1)];
  pen.context.strokeRect(x, y, Math.abs(x1 - x0), Math.abs(y1 - y0));
}

function drawBar(pen: Pen, cover: Cover): void {
  const { context, unit } = pen;
  const { metres, pixels } = barOf(pen.scale, 110 * unit);
  const [x, y] = [pen.width - pixels - 24 * unit, pen.height - 22 * unit];
  cover.add({ x: x - 4, y: y - 20 * unit, w: pixels + 8, h: 24 * unit, weight: 9, tag: true });
  context.setLineDash([]);
  context.lineCap = "butt";
  const path = new Path2D();
  path.moveTo(x, y - 4 * unit);
  path.lineTo(x, y);
  path.lineTo(x + pixels, y);
  path.lineTo(x + pixels, y - 4 * unit);
  context.lineWidth = 4 * unit;
  context.strokeStyle = pen.colour("--plan-zone");
  context.stroke(path);
  context.lineWidth = 1.2 * unit;
  context.strokeStyle = pen.colour("--ink-3");
  context.stroke(path);
  context.font = pen.font(12 * unit);
  context.textAlign = "center";
  haloed(pen, `${metres} m`, x + pixels / 2, y - 5 * unit, "--ink-3");
  context.textAlign = "left";
}
