/** The moving part of a plan: every asset as a stamp, thousands of them in a few milliseconds. */
import type { Glide } from "./glide";
import { columnOf, rowOf, type Sprites } from "./sprites";
import { LOOK, type Marks } from "./types";
import type { View } from "./view";

const DRAWN = LOOK.shown | LOOK.nowhere;

/** Stamp all that is shown; the context's unit is the device pixel, `ratio` of them a CSS pixel. */
export function drawShapes(
  context: CanvasRenderingContext2D,
  view: View,
  ratio: number,
  marks: Marks,
  glide: Glide,
  sprites: Sprites,
): void {
  const { sheet, cell } = sprites;
  const count = Math.min(marks.count, glide.shownX.length);
  const [placeX, placeY] = placers(view, ratio, cell);
  const [right, bottom] = [view.width * ratio, view.height * ratio];
  const turn = view.turned ? Math.PI / 2 : 0;
  for (let at = 0; at < count; at++) {
    const look = marks.look[at] as number;
    if ((look & DRAWN) !== LOOK.shown) continue;
    const [shownX, shownY] = [glide.shownX[at] as number, glide.shownY[at] as number];
    const x = placeX(shownX, shownY);
    const y = placeY(shownX, shownY);
    if (x < -cell || y < -cell || x > right || y > bottom) continue;
    const column = columnOf(marks.shape[at] as number, (glide.heading[at] as number) + turn);
    context.drawImage(sheet, column * cell, rowOf(look) * cell, cell, cell, x, y, cell, cell);
  }
}

type Placer = (x: number, y: number) => number;

/** The upper left corner of the stamp of a point, in whole device pixels. */
function placers(view: View, ratio: number, cell: number): readonly [Placer, Placer] {
  const scale = view.scale * ratio;
  const left = (view.width * ratio - cell) / 2;
  const top = (view.height * ratio - cell) / 2;
  if (view.turned) {
    return [
      (_, y) => Math.round(left + (y - view.y) * scale),
      (x) => Math.round(top + (x - view.x) * scale),
    ];
  }
  return [
    (x) => Math.round(left + (x - view.x) * scale),
    (_, y) => Math.round(top - (y - view.y) * scale),
  ];
}
