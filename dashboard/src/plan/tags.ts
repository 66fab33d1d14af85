/** Tags: the name of what is alarmed or picked, the times of a trail. None covers another. */
import { type Cover, cheapest, tagPlaces } from "./labels";
import type { Pen } from "./types";

const LETTERS = 12;

/** Something that wants a tag at a point; the first in a list has the first choice. */
export interface Tagged {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  /** The token of its edge. */
  readonly edge: string;
}

/** Draw the tags in their order; one that would cover another is left out. */
export function drawTags(pen: Pen, tags: readonly Tagged[], cover: Cover): void {
  const { context, unit } = pen;
  const view = { x: 0, y: 0, w: pen.width, h: pen.height };
  context.font = pen.font(LETTERS * unit);
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  context.setLineDash([]);
  for (const { text, x, y, edge } of tags) {
    const w = context.measureText(text).width + 12 * unit;
    const h = LETTERS * 1.62 * unit;
    const place = cheapest(tagPlaces(x, y, w, h, view, unit), cover, 3 * unit);
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
  }
}
