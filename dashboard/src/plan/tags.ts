/** Tags: the name of what is alarmed or picked, the times of a trail. None covers another. */
import { type Cover, cheapest, cutTo, SYMBOL_WEIGHT, tagPlaces } from "./labels";
import type { Pen } from "./types";

const LETTERS = 12;
/** A longer name ends in an ellipsis; the whole one stands in the table. */
const WIDEST = 240;

/** Something that wants a tag at a point; the first in a list has the first choice. */
export interface Tagged {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  /** The token of its edge. */
  readonly edge: string;
  /** The name of an alert: it may stand on the symbol of another one. */
  readonly isAlert?: boolean;
  /** Pressed, it leads to this floor. */
  readonly leadsTo?: string | undefined;
}

/** Where a tag is that leads to another floor, in pixels of the plan. */
export interface FloorLink {
  readonly floor: string;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** The floor that a press leads to; a finger is met half way. */
export function linkAt(
  links: readonly FloorLink[],
  x: number,
  y: number,
  reach: number,
): string | null {
  const found = links.find(
    (link) =>
      x >= link.x - reach &&
      x <= link.x + link.w + reach &&
      y >= link.y - reach &&
      y <= link.y + link.h + reach,
  );
  return found?.floor ?? null;
}

/** Draw the tags in their order; one that would cover another is left out. Answers what leads on. */
export function drawTags(pen: Pen, tags: readonly Tagged[], cover: Cover): FloorLink[] {
  const links: FloorLink[] = [];
  const { context, unit } = pen;
  const view = { x: 0, y: 0, w: pen.width, h: pen.height };
  context.font = pen.font(LETTERS * unit);
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  context.setLineDash([]);
  const widthOf = (some: string) => context.measureText(some).width;
  for (const { text: whole, x, y, edge, leadsTo, isAlert } of tags) {
    const text = cutTo(whole, Math.min(WIDEST * unit, pen.width * 0.6), widthOf);
    const w = widthOf(text) + 12 * unit;
    const h = LETTERS * 1.62 * unit;
    const most = isAlert ? Infinity : SYMBOL_WEIGHT;
    const place = cheapest(tagPlaces(x, y, w, h, view, unit), cover, 3 * unit, most);
    if (!place) continue;
    cover.add({ ...place, weight: 9, tag: true });
    context.beginPath();
    context.roundRect(place.x, place.y, w, h, 3 * unit);
    context.fillStyle = pen.colour("--raised");
    context.fill();
    context.lineWidth = unit;
    context.strokeStyle = pen.colour(edge);
    context.stroke();
    context.fillStyle = pen.colour("--ink");
    context.fillText(text, place.x + 6 * unit, place.y + h * 0.69);
    if (leadsTo === undefined) continue;
    context.fillRect(place.x + 6 * unit, place.y + h * 0.78, w - 12 * unit, unit);
    links.push({ floor: leadsTo, x: place.x, y: place.y, w, h });
  }
  return links;
}
