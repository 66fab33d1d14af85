/** The still part of a plan: ground, zones, what nobody hears, readers. Drawn when the view moves. */
import { eachCorner, insetRings, type Outline, type Ring } from "./outline";
import type { DrawnFloor, DrawnZone } from "./site";
import type { BoxM, Pen, PlanLayer, PlanReader } from "./types";

/** What the ground is drawn with, beside the floor. */
export interface GroundLook {
  readonly unheard: ReadonlySet<string>;
  /** Zones that are forbidden for somebody. */
  readonly restricted: ReadonlySet<string>;
  readonly pickedZone: string | null;
  readonly readers: readonly PlanReader[];
  readonly layers: readonly PlanLayer[];
  /** The picture of the floor, and whether it is light on dark. */
  readonly picture: { readonly image: CanvasImageSource; readonly dark: boolean } | null;
  /** Whether a map lies under all of it, and is to be seen. */
  readonly onMap: boolean;
  /** Whether zones show numbers: then readers would be in the way. */
  readonly counts: boolean;
}

/** Draw the ground of a floor. */
export function drawGround(pen: Pen, floor: DrawnFloor, look: GroundLook): void {
  const isYard = (each: DrawnZone) => isOutside(each, floor.box);
  const rooms = floor.zones.filter((each) => !isYard(each));
  const yards = floor.zones.filter(isYard);
  for (const zone of yards) fillZone(pen, zone, look, "--plan-yard");
  if (!look.onMap || look.picture) drawFloor(pen, floor.box);
  for (const zone of rooms) fillZone(pen, zone, look, "--plan-zone");
  if (look.picture) drawPicture(pen, floor.box, look.picture);
  else if (!look.onMap) drawWall(pen, floor.box);
  for (const zone of rooms) strokeZone(pen, zone, look, false);
  for (const zone of yards) strokeZone(pen, zone, look, true);
  const beneath = look.layers.filter((layer) => layer.order === "ground");
  for (const layer of beneath) layer.draw(pen);
  for (const reader of look.counts ? [] : look.readers) drawReader(pen, reader);
}

/** A zone beyond the floor's rectangle is a yard, and so is one that leads outside. */
function isOutside({ middle, zone }: DrawnZone, box: BoxM): boolean {
  if (!middle) return false;
  const { x, y } = middle;
  const isBeyond = x < box.left || x > box.right || y < box.bottom || y > box.top;
  return isBeyond || zone.role === "exit";
}

/** How much of the picture is seen: it tells where things are, and stays behind them. */
const PICTURE_ALPHA = { dark: 0.42, light: 0.6 };

/** The picture lies over the zones and lets them through: its ground takes their colour. */
function drawPicture(pen: Pen, box: BoxM, { image, dark }: NonNullable<GroundLook["picture"]>) {
  const { context } = pen;
  const [x0, y0] = pen.toScreen({ x: box.left, y: box.top });
  const [x1, y1] = pen.toScreen({ x: box.right, y: box.top });
  const [x2, y2] = pen.toScreen({ x: box.left, y: box.bottom });
  context.save();
  context.globalAlpha *= dark ? PICTURE_ALPHA.dark : PICTURE_ALPHA.light;
  context.globalCompositeOperation = dark ? "screen" : "multiply";
  context.transform(x1 - x0, y1 - y0, x2 - x0, y2 - y0, x0, y0);
  context.drawImage(image, 0, 0, 1, 1);
  context.restore();
}

function boxPath(pen: Pen, box: BoxM): [number, number, number, number] {
  const [x0, y0] = pen.toScreen({ x: box.left, y: box.top });
  const [x1, y1] = pen.toScreen({ x: box.right, y: box.bottom });
  return [Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0)];
}

function drawFloor(pen: Pen, box: BoxM): void {
  pen.context.fillStyle = pen.colour("--plan-floor");
  pen.context.fillRect(...boxPath(pen, box));
}

function drawWall(pen: Pen, box: BoxM): void {
  pen.context.setLineDash([]);
  pen.context.lineWidth = 3 * pen.unit;
  pen.context.strokeStyle = pen.colour("--plan-wall");
  pen.context.strokeRect(...boxPath(pen, box));
}

/** The outline of a zone as a path. */
export function traceOutline(pen: Pen, outline: Outline): void {
  traceRings(pen, outline.rings);
}

function traceRings(pen: Pen, rings: readonly Ring[]): void {
  const { context } = pen;
  context.beginPath();
  for (const ring of rings) {
    eachCorner(ring, (x, y, index) => {
      const [left, top] = pen.toScreen({ x, y });
      if (index === 0) context.moveTo(left, top);
      else context.lineTo(left, top);
    });
    context.closePath();
  }
}

/** Zones let the map through. */
const OVER_MAP_ALPHA = 0.4;

function fillZone(pen: Pen, { name, outline }: DrawnZone, look: GroundLook, token: string): void {
  const { context, colour } = pen;
  if (!outline) return;
  traceOutline(pen, outline);
  context.save();
  if (look.onMap) context.globalAlpha *= OVER_MAP_ALPHA;
  context.fillStyle = colour(token);
  context.fill("evenodd");
  context.restore();
  if (name === look.pickedZone) {
    context.fillStyle = colour("--pick-soft");
    context.fill("evenodd");
  }
}

function strokeZone(pen: Pen, zone: DrawnZone, look: GroundLook, outside: boolean): void {
  const { context, unit, colour } = pen;
  if (!zone.outline) return;
  const picked = zone.name === look.pickedZone;
  context.save();
  traceOutline(pen, zone.outline);
  context.clip("evenodd");
  if (look.unheard.has(zone.name)) hatch(pen, zone.outline);
  // Clipped to the zone, a stroke of twice the width is one beside the border, inside.
  context.setLineDash(outside ? [2 * unit, 4 * unit] : []);
  context.lineWidth = (picked ? 4 : 2.4) * unit;
  context.strokeStyle = colour(picked ? "--pick" : look.onMap ? "--plan-wall" : "--plan-zone-edge");
  traceOutline(pen, zone.outline);
  context.stroke();
  if (look.restricted.has(zone.name)) strokeSecond(pen, zone.outline);
  context.restore();
}

/** Restricted: a second line within the border, dashed; never a fill. */
function strokeSecond(pen: Pen, outline: Outline): void {
  const { context, unit } = pen;
  traceRings(pen, insetRings(outline, (4 * unit) / pen.scale));
  context.setLineDash([6 * unit, 4 * unit]);
  context.lineWidth = 1.3 * unit;
  context.strokeStyle = pen.colour("--ink-3");
  context.stroke();
}

/** Hatched: nobody hears there. */
function hatch(pen: Pen, outline: Outline): void {
  const { context, unit } = pen;
  const [x, y, width, height] = boxPath(pen, outline.box);
  const step = 7 * unit;
  const from = Math.floor((Math.max(x, -height) + Math.max(y, 0)) / step) * step - step;
  const to = Math.min(x + width, pen.width) + Math.min(y + height, pen.height);
  context.beginPath();
  for (let sum = from; sum < to; sum += step) {
    context.moveTo(sum - y, y);
    context.lineTo(sum - y - height, y + height);
  }
  context.setLineDash([]);
  context.lineWidth = 1.2 * unit;
  context.strokeStyle = pen.colour("--line-strong");
  context.stroke();
}

function drawReader(pen: Pen, reader: PlanReader): void {
  const { context, unit } = pen;
  const [x, y] = pen.toScreen(reader);
  context.save();
  context.translate(x, y);
  context.scale(unit, unit);
  context.setLineDash([]);
  context.lineWidth = 1.3;
  const colour = pen.colour(reader.silent ? "--warn" : "--reader");
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.beginPath();
  context.arc(0, 0, 1.3, 0, 2 * Math.PI);
  context.fill();
  context.beginPath();
  context.arc(0, 0, 4.5, 0.75 * Math.PI, 1.25 * Math.PI);
  context.stroke();
  context.beginPath();
  context.arc(0, 0, 4.5, -0.25 * Math.PI, 0.25 * Math.PI);
  context.stroke();
  if (reader.silent) context.stroke(new Path2D("M-5.5 5.5L5.5 -5.5"));
  context.restore();
}
