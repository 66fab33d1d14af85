/** How a moment of the past is drawn: who was in which zone, and which part of the floor is seen. */
import type { Floor, Shape, Zone } from "../api/shape";
import { marksOf, type Placed } from "../plan/marks";
import { outlineOf } from "../plan/outline";
import { Seats } from "../plan/places";
import { shapeOf } from "../plan/shapes";
import type { BoxM, Marks } from "../plan/types";
import { assetOf } from "./sentence";

export { Plan } from "../plan/plan";

const MARGIN_M = 4;
const LEAST_M = 24;

/** Each asset at its place in the zone in which it was; of a zone alone no better place is known. */
export function marksThen(
  positions: readonly Shape<"TagPosition">[],
  floor: string,
  zones: readonly Zone[],
): Marks {
  const mine = zones.filter((zone) => zone.floor === floor);
  const seats = new Map<string, Seats>();
  const placed: Placed[] = [];
  for (const position of positions) {
    const name = position.zone ?? position.last_zone;
    const index = mine.findIndex((zone) => zone.name === name);
    const outline = mine[index] ? outlineOf(mine[index]) : null;
    if (!outline || position.presence === "departed" || position.presence === "outside") continue;
    const seat = seats.get(name) ?? new Seats(outline);
    seats.set(name, seat);
    const id = position.asset ?? position.tag;
    placed.push({
      name: id,
      ...seat.place(id),
      shape: shapeOf(categoryOf(position.asset)),
      lastKnown: position.presence === "unknown",
      zone: index,
    });
  }
  return marksOf(placed);
}

function categoryOf(asset: string | null): string {
  return asset === null ? "" : (assetOf(asset)?.category ?? "");
}

/** The zones of the alert with some room around them, within the floor. */
export function focusOf(places: readonly Zone[], floor: Floor): BoxM | null {
  const boxes = places.flatMap((zone) => outlineOf(zone)?.box ?? []);
  if (boxes.length === 0) return null;
  const [width = 0, height = 0] = floor.size_m;
  const left = Math.min(...boxes.map((box) => box.left)) - MARGIN_M;
  const right = Math.max(...boxes.map((box) => box.right)) + MARGIN_M;
  const bottom = Math.min(...boxes.map((box) => box.bottom)) - MARGIN_M;
  const top = Math.max(...boxes.map((box) => box.top)) + MARGIN_M;
  const extra = (size: number) => Math.max(0, LEAST_M - size) / 2;
  const [wide, high] = [extra(right - left), extra(top - bottom)];
  return {
    left: Math.max(0, left - wide),
    right: Math.min(width, right + wide),
    bottom: Math.max(0, bottom - high),
    top: Math.min(height, top + high),
  };
}
