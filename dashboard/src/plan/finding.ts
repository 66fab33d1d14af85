/** Who is drawn where: an asset by its name, or the one nearest to a point. */
import type { Glide } from "./glide";
import type { Finder } from "./over";
import { LOOK, type Marks, type PointM } from "./types";

const KNOWN_MAX = 500;

/** Finds assets by name; remembers at which index each was last. */
export function finderOf(glide: Glide, marksOf: () => Marks | null): Finder {
  const known = new Map<string, number>();
  return (name) => {
    const marks = marksOf();
    if (!marks) return null;
    const index = indexOf(name, marks, known);
    return isDrawn(marks, index) ? placeOf(glide, index) : null;
  };
}

function indexOf(name: string, marks: Marks, known: Map<string, number>): number {
  const before = known.get(name) ?? -1;
  if (marks.name[before] === name) return before;
  const index = marks.name.indexOf(name);
  if (known.size > KNOWN_MAX) known.clear();
  known.set(name, index);
  return index;
}

function isDrawn(marks: Marks, index: number): boolean {
  return ((marks.look[index] ?? 0) & (LOOK.shown | LOOK.nowhere)) === LOOK.shown;
}

function placeOf({ shownX, shownY, heading }: Glide, index: number) {
  const [x, y] = [shownX[index] ?? 0, shownY[index] ?? 0];
  return { index, x, y, heading: heading[index] ?? 0 };
}

/** The asset that is drawn nearest to a point, within `reach` metres. */
export function nearest(
  marks: Marks,
  glide: Glide,
  { x, y }: PointM,
  reach: number,
): string | null {
  let [best, least] = [-1, reach ** 2];
  for (let at = 0; at < marks.count; at++) {
    if (!isDrawn(marks, at)) continue;
    const [dx, dy] = [(glide.shownX[at] ?? 0) - x, (glide.shownY[at] ?? 0) - y];
    const far = dx * dx + dy * dy;
    if (far <= least) [best, least] = [at, far];
  }
  return marks.name[best] ?? null;
}
