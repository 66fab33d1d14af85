/** The shapes of assets, drawn once into a sheet and stamped from there. */
import type { Palette } from "./palette";
import { OUTLINES, SHAPES } from "./shapes";
import { LOOK } from "./types";

/** An arrow is stamped in one of so many headings. */
export const HEADINGS = 16;
/** Half of a cell, in pixels of a 16 px root. */
const REACH = 7;
/** Seen, last known, provisional. */
const STYLES = 3;

/** A sheet: rows by style, columns by shape and heading. Sizes in device pixels. */
export interface Sprites {
  readonly sheet: HTMLCanvasElement;
  readonly cell: number;
  readonly columns: number;
  readonly rows: number;
}

const COLUMNS = SHAPES.length - 1 + HEADINGS;

/** The column of a shape; an arrow's heading is an angle from up, clockwise, in radians. */
export function columnOf(shape: number, heading: number): number {
  if (shape !== 1) return shape > 1 ? shape + HEADINGS - 1 : 0;
  const turn = Math.round((heading / (2 * Math.PI)) * HEADINGS) % HEADINGS;
  return 1 + (turn < 0 ? turn + HEADINGS : turn);
}

/** The row of a look. */
export function rowOf(look: number): number {
  if (look & LOOK.lastKnown) return 1;
  return look & LOOK.provisional ? 2 : 0;
}

/** Draw a sheet; `size` is how many device pixels a unit of the outlines takes. */
export function drawSprites(palette: Palette, size: number): Sprites {
  const cell = Math.ceil(2 * REACH * size);
  const sheet = document.createElement("canvas");
  sheet.width = cell * COLUMNS;
  sheet.height = cell * STYLES;
  const context = sheet.getContext("2d", { willReadFrequently: true });
  for (let at = 0; context && at < STYLES * COLUMNS; at++) {
    const [row, column] = [Math.floor(at / COLUMNS), at % COLUMNS];
    const { shape, heading } = cellOf(column);
    context.setTransform(size, 0, 0, size, (column + 0.5) * cell, (row + 0.5) * cell);
    context.rotate(heading);
    drawShape(context, palette, shape, row);
  }
  return { sheet, cell, columns: COLUMNS, rows: STYLES };
}

/** What stands in a column: the inverse of `columnOf`. */
export function cellOf(column: number): { shape: number; heading: number } {
  if (column === 0) return { shape: 0, heading: 0 };
  if (column > HEADINGS) return { shape: column - HEADINGS + 1, heading: 0 };
  return { shape: 1, heading: ((column - 1) / HEADINGS) * 2 * Math.PI };
}

const paths = new Map<number, Path2D>();

/** The outline of a shape around 0, 0. */
export function pathOf(shape: number): Path2D {
  let path = paths.get(shape);
  if (!path) {
    path = new Path2D(OUTLINES[SHAPES[shape] ?? "square"]);
    paths.set(shape, path);
  }
  return path;
}

/** One shape in a style: filled, hollow and dashed, hollow. */
export function drawShape(
  context: CanvasRenderingContext2D,
  palette: Palette,
  shape: number,
  style: number,
): void {
  const path = pathOf(shape);
  const { colour } = palette;
  context.lineJoin = "round";
  if (style === 0) {
    context.setLineDash([]);
    context.lineWidth = 0.8;
    context.strokeStyle = colour("--plan-zone");
    context.fillStyle = colour("--asset");
    context.fill(path);
    context.stroke(path);
    return;
  }
  context.lineWidth = style === 1 ? 1.2 : 1.5;
  context.setLineDash(style === 1 ? [2, 1.3] : []);
  context.strokeStyle = colour(style === 1 ? "--asset-stale" : "--asset");
  context.fillStyle = colour("--plan-zone");
  context.fill(path);
  context.stroke(path);
}
