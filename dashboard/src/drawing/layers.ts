/** How the edited zone is drawn over the plan: outline, corners, the middles of edges, cursor. */
import type { Pen, PlanLayer } from "../plan/types";
import type { Mode } from "./editor";
import { pointText } from "./editor";
import { type Edge, edgesOf, middle, type Point, type Ring } from "./geometry";
import type { Outline } from "./model";

export interface Drawn {
  readonly name: string;
  readonly outline: Outline;
  readonly isWrong: boolean;
  readonly mode: Mode;
  readonly readOnly: boolean;
  readonly cursor: Point | null;
  readonly tested: Point | null;
  readonly marks: readonly Point[];
  readonly guides: readonly Edge[];
  /** The outline of somebody else's version, to compare. */
  readonly theirs: Ring;
}

export function layersOf(drawn: Drawn): PlanLayer[] {
  return [
    { order: "ground", draw: (pen) => drawArea(pen, drawn) },
    { order: "over", draw: (pen) => drawHandles(pen, drawn) },
  ];
}

function screenOf(pen: Pen, [x, y]: Point): readonly [number, number] {
  return pen.toScreen({ x, y });
}

function trace(pen: Pen, ring: Ring, isClosed: boolean): void {
  const { context } = pen;
  context.beginPath();
  for (const corner of ring) context.lineTo(...screenOf(pen, corner));
  if (isClosed) context.closePath();
}

/** The name in the upper left corner, where the plan writes those of the other zones. */
function drawName(pen: Pen, corners: Ring, name: string): void {
  const { context, unit } = pen;
  const points = corners.map((corner) => screenOf(pen, corner));
  const [x, y] = points.reduce((best, point) =>
    point[0] + point[1] < best[0] + best[1] ? point : best,
  );
  const across = points.map((point) => point[0]);
  context.fillStyle = pen.colour("--ink");
  context.font = pen.font(12 * unit, 600);
  const room = Math.max(...across) - Math.min(...across) - 16 * unit;
  if (context.measureText(name).width > room) return;
  context.textBaseline = "top";
  context.textAlign = "left";
  context.fillText(name, x + 8 * unit, y + 8 * unit);
}

function drawArea(pen: Pen, { name, outline, isWrong, theirs }: Drawn): void {
  const { context, unit } = pen;
  context.save();
  if (theirs.length > 0) {
    trace(pen, theirs, true);
    context.strokeStyle = pen.colour("--ink-2");
    context.setLineDash([6 * unit, 4 * unit]);
    context.stroke();
    context.setLineDash([]);
  }
  trace(pen, outline.corners, outline.corners.length > 2);
  context.fillStyle = pen.colour("--pick-soft");
  if (outline.corners.length > 2) {
    context.fill("evenodd");
    drawName(pen, outline.corners, name);
    trace(pen, outline.corners, true);
  }
  context.strokeStyle = pen.colour("--pick");
  context.lineWidth = 2 * unit;
  if (isWrong) context.setLineDash([5 * unit, 4 * unit]);
  context.stroke();
  context.restore();
}

function drawHandles(pen: Pen, drawn: Drawn): void {
  const { context } = pen;
  const { outline, mode, readOnly } = drawn;
  context.save();
  drawGuides(pen, drawn.guides);
  if (!readOnly && mode === "move") drawMiddles(pen, outline.corners);
  for (const [place, at] of readOnly ? [] : outline.corners.entries())
    drawCorner(pen, at, place === outline.picked);
  drawAim(pen, drawn);
  context.restore();
}

/** What is aimed at, with its tag: the next corner, a tested point, two marks, the picked corner. */
function drawAim(pen: Pen, drawn: Drawn): void {
  const { outline, mode, cursor, tested } = drawn;
  const picked = outline.picked === null ? undefined : outline.corners[outline.picked];
  if (mode === "test" && tested) drawTested(pen, tested);
  if (mode === "scale") drawMarks(pen, drawn);
  if (mode === "draw" && cursor) {
    drawCursor(pen, cursor, outline.corners.at(-1));
    drawTag(pen, cursor, pointText(cursor));
  } else if (picked && mode === "move") {
    drawTag(pen, picked, `${(outline.picked ?? 0) + 1}: ${pointText(picked)}`);
  }
}

function drawGuides({ context, unit, colour, toScreen }: Pen, guides: readonly Edge[]): void {
  context.strokeStyle = colour("--ink-3");
  context.lineWidth = unit;
  context.setLineDash([2 * unit, 4 * unit]);
  for (const { from, to } of guides) {
    context.beginPath();
    context.moveTo(...toScreen({ x: from[0], y: from[1] }));
    context.lineTo(...toScreen({ x: to[0], y: to[1] }));
    context.stroke();
  }
  context.setLineDash([]);
}

const MIDDLES_PX_MIN = 36;

function drawMiddles(pen: Pen, corners: Ring): void {
  const { context, unit } = pen;
  for (const { from, to } of corners.length > 1 ? edgesOf(corners) : []) {
    const [a, b] = [screenOf(pen, from), screenOf(pen, to)];
    if (Math.hypot(a[0] - b[0], a[1] - b[1]) < MIDDLES_PX_MIN * unit) continue;
    context.beginPath();
    context.arc(...screenOf(pen, middle(from, to)), 3.5 * unit, 0, 7);
    context.fillStyle = pen.colour("--surface");
    context.fill();
    context.strokeStyle = pen.colour("--pick");
    context.lineWidth = 1.5 * unit;
    context.stroke();
  }
}

function drawCorner(pen: Pen, at: Point, isPicked: boolean): void {
  const { context, unit } = pen;
  const half = (isPicked ? 7 : 5) * unit;
  const [x, y] = screenOf(pen, at);
  context.beginPath();
  context.roundRect(x - half, y - half, half * 2, half * 2, 2 * unit);
  context.fillStyle = pen.colour(isPicked ? "--pick" : "--surface");
  context.fill();
  context.strokeStyle = pen.colour("--pick");
  context.lineWidth = 2 * unit;
  context.stroke();
}

/** A cross where the next corner comes, and a line to it. */
function drawCursor(pen: Pen, cursor: Point, last: Point | undefined): void {
  const { context, unit } = pen;
  const [x, y] = screenOf(pen, cursor);
  context.strokeStyle = pen.colour("--pick");
  context.lineWidth = 1.5 * unit;
  if (last) {
    context.setLineDash([4 * unit, 4 * unit]);
    context.beginPath();
    context.moveTo(...screenOf(pen, last));
    context.lineTo(x, y);
    context.stroke();
    context.setLineDash([]);
  }
  drawCross(pen, x, y, 11 * unit);
}

function drawCross({ context }: Pen, x: number, y: number, half: number): void {
  context.beginPath();
  context.moveTo(x - half, y);
  context.lineTo(x + half, y);
  context.moveTo(x, y - half);
  context.lineTo(x, y + half);
  context.stroke();
}

/** Two points and the line between them. */
function drawMarks(pen: Pen, { marks, cursor }: Drawn): void {
  const { context, unit } = pen;
  const [first, second] = marks;
  if (first) drawCursor(pen, second ?? first, first);
  if (!second && cursor) drawCursor(pen, cursor, first);
  for (const at of marks) {
    context.beginPath();
    context.arc(...screenOf(pen, at), 5 * unit, 0, 7);
    context.stroke();
  }
}

function drawTested(pen: Pen, at: Point): void {
  const { context, unit } = pen;
  const [x, y] = screenOf(pen, at);
  context.strokeStyle = pen.colour("--pick");
  context.lineWidth = 2 * unit;
  context.beginPath();
  context.arc(x, y, 8 * unit, 0, 7);
  context.stroke();
  drawCross(pen, x, y, 13 * unit);
}

/** A tag above the point, or below it where there is no room. */
function drawTag(pen: Pen, at: Point, text: string): void {
  const { context, unit, width } = pen;
  const [x, y] = screenOf(pen, at);
  context.font = pen.font(12 * unit);
  const wide = context.measureText(text).width + 12 * unit;
  const high = 20 * unit;
  const left = Math.max(4, Math.min(width - wide - 4, x - wide + 8 * unit));
  const top = y > high + 16 * unit ? y - high - 12 * unit : y + 12 * unit;
  context.beginPath();
  context.roundRect(left, top, wide, high, 3 * unit);
  context.fillStyle = pen.colour("--raised");
  context.fill();
  context.strokeStyle = pen.colour("--pick");
  context.lineWidth = unit;
  context.stroke();
  context.fillStyle = pen.colour("--ink");
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.fillText(text, left + 6 * unit, top + high / 2);
}
