/** The outline that is being edited: its corners, which of them is picked, and what is done to it. */
import { isSame, middle, type Point, type Ring, rounded } from "./geometry";

export const CORNERS_MAX = 1000;

export interface Outline {
  readonly corners: Ring;
  /** Place of the picked corner; null where none is. */
  readonly picked: number | null;
}

export type Command =
  /** A corner after the last one. */
  | { do: "add"; at: Point }
  /** A corner on edge `edge`, which goes from corner `edge` to the next; its middle without `at`. */
  | { do: "insert"; edge: number; at?: Point }
  | { do: "move"; corner: number; to: Point }
  | { do: "delete"; corner: number }
  | { do: "pick"; corner: number | null };

export const NO_OUTLINE: Outline = { corners: [], picked: null };

/** The outline after a command; the very same where the command changes nothing. */
export function changed(outline: Outline, command: Command): Outline {
  switch (command.do) {
    case "add":
      return put(outline, outline.corners.length, rounded(command.at));
    case "insert":
      return inserted(outline, command.edge, command.at);
    case "move":
      return moved(outline, command.corner, rounded(command.to));
    case "delete":
      return without(outline, command.corner);
    case "pick":
      return picked(outline, command.corner);
  }
}

function put(outline: Outline, place: number, at: Point): Outline {
  if (outline.corners.length >= CORNERS_MAX) return outline;
  return { corners: outline.corners.toSpliced(place, 0, at), picked: place };
}

function inserted(outline: Outline, edge: number, at?: Point): Outline {
  const from = outline.corners[edge];
  const to = outline.corners[(edge + 1) % outline.corners.length];
  if (!from || !to || outline.corners.length < 2) return outline;
  return put(outline, edge + 1, rounded(at ?? middle(from, to)));
}

function moved(outline: Outline, corner: number, to: Point): Outline {
  const from = outline.corners[corner];
  if (!from || (isSame(from, to) && outline.picked === corner)) return outline;
  return { corners: outline.corners.with(corner, to), picked: corner };
}

function without(outline: Outline, corner: number): Outline {
  if (!outline.corners[corner]) return outline;
  const corners = outline.corners.toSpliced(corner, 1);
  return { corners, picked: corners.length === 0 ? null : corner % corners.length };
}

function picked(outline: Outline, corner: number | null): Outline {
  const is = corner !== null && outline.corners[corner] ? corner : null;
  return is === outline.picked ? outline : { ...outline, picked: is };
}

/** The corner after the picked one, round and round; the first where none is. */
export function next(outline: Outline, step = 1): number | null {
  const count = outline.corners.length;
  if (count === 0) return null;
  if (outline.picked === null) return step > 0 ? 0 : count - 1;
  return (outline.picked + step + count) % count;
}

/** Whether two outlines have the same corners, whatever is picked. */
export function isSameShape(one: Ring, other: Ring): boolean {
  return (
    one.length === other.length &&
    one.every((corner, index) => isSame(corner, other[index] ?? [Number.NaN, Number.NaN]))
  );
}
