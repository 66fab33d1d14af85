/** The symbols of alerts on the canvas, by the same geometry as in text. */
import type { Severity } from "../api/shape";
import { markOf, outlineOf, SHORT, type SymbolState } from "../parts/symbol";
import type { Pen } from "./types";

const paths = new Map<string, Path2D>();

function pathOf(data: string): Path2D {
  let path = paths.get(data);
  if (!path) {
    path = new Path2D(data);
    paths.set(data, path);
  }
  return path;
}

interface Told {
  readonly severity: Severity;
  readonly state: SymbolState;
}

/** One symbol around a point; `r` is its radius in pixels. */
export function drawSymbol(pen: Pen, x: number, y: number, told: Told, r: number): void {
  const { context, colour } = pen;
  const { severity, state } = told;
  const token = SHORT[severity];
  context.save();
  context.translate(x, y);
  context.scale(r / 10, r / 10);
  context.lineJoin = "round";
  const isNew = state === "new";
  const outline = pathOf(outlineOf(severity, 10));
  context.fillStyle = colour(isNew ? `--${token}-solid` : "--surface");
  context.strokeStyle = colour(isNew ? "--surface" : `--${token}`);
  context.lineWidth = isNew ? 1.4 : 1.8;
  context.setLineDash(state === "shelved" ? [3, 2] : []);
  context.fill(outline);
  context.stroke(outline);
  context.setLineDash([]);
  context.lineWidth = 2;
  context.strokeStyle = colour(isNew ? `--${token}-on` : `--${token}`);
  context.stroke(pathOf(markOf(severity, state, 10)));
  context.restore();
}
