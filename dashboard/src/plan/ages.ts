/** Of who was not heard for long the age stands at its last place, once the plan is zoomed in. */
import { span } from "../times";
import { type Cover, widened } from "./labels";
import { LOOK, type Marks, type Pen } from "./types";
import { haloed } from "./zone-labels";

/** From so long on the age is told. */
export const AGED_S = 600;
/** More would not be read. */
const AGES_MAX = 80;
/** The column of ages ends here: it may be longer. */
const LONGEST_S = 0xffff;
const LETTERS = 11;
const DRAWN = LOOK.shown | LOOK.lastKnown;

/** Whose age is told, by their place in the columns. */
export function aged(marks: Marks): number[] {
  const found: number[] = [];
  for (let at = 0; at < marks.count; at++) {
    const look = marks.look[at] ?? 0;
    if ((look & (DRAWN | LOOK.nowhere)) !== DRAWN) continue;
    if ((marks.age_s[at] ?? 0) >= AGED_S) found.push(at);
  }
  return found;
}

/** The age in words; longer than the column can say is told as that. */
export function ageWords(age_s: number): string {
  return `${age_s >= LONGEST_S ? "> " : ""}${span(age_s * 1000)}`;
}

/** Draw the ages of those in view, under their shapes, where they cover no label. */
export function drawAges(pen: Pen, marks: Marks, cover: Cover): void {
  const { context, unit } = pen;
  let count = 0;
  context.font = pen.font(LETTERS * unit);
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  context.setLineDash([]);
  for (const at of aged(marks)) {
    const [x, y] = pen.toScreen({ x: marks.x[at] ?? 0, y: marks.y[at] ?? 0 });
    if (x < 0 || y < 0 || x > pen.width || y > pen.height) continue;
    if (count >= AGES_MAX) break;
    const text = ageWords(marks.age_s[at] ?? 0);
    const w = context.measureText(text).width;
    const rect = { x: x - w / 2, y: y + 6 * unit, w, h: LETTERS * 1.2 * unit };
    if (cover.cost(widened(rect, unit)) >= LABEL_WEIGHT) continue;
    haloed(pen, text, x, rect.y + LETTERS * unit, "--ink-2");
    cover.add({ ...rect, weight: LABEL_WEIGHT });
    count += 1;
  }
  context.textAlign = "left";
}

/** What labels of zones weigh: an age gives way to them. */
const LABEL_WEIGHT = 6;
