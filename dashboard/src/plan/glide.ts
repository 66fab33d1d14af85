/** Between two fixes an asset glides for at most 200 ms; a step of over 5 m is a jump. Pure. */
import { LOOK, type Marks } from "./types";

export const GLIDE_MS = 200;
export const JUMP_M = 5;
/** A shorter step says nothing of the heading. */
const HEADING_FROM_M = 0.15;

/** Where everything is shown, was shown when the newest fixes came, and heads. */
export class Glide {
  shownX = new Float32Array(0);
  shownY = new Float32Array(0);
  /** Radians clockwise from up. */
  heading = new Float32Array(0);
  private fromX = new Float32Array(0);
  private fromY = new Float32Array(0);
  private was = new Uint8Array(0);
  private names: string[] = [];
  private beganMs = -Infinity;
  private moves = false;

  /**
   * New fixes came at `nowMs`; without `glides` everything jumps. What glides still goes on from
   * where it was shown last: the columns of `marks` may be those of before.
   */
  take(marks: Marks, nowMs: number, glides: boolean): void {
    if (this.shownX.length < marks.x.length) this.grow(marks.x.length);
    this.moves = false;
    for (let at = 0; at < marks.count; at++) this.takeOne(marks, at, glides);
    this.beganMs = nowMs;
    this.step(marks, nowMs);
  }

  /** Move on to `nowMs`. True while something still glides. */
  step(marks: Marks, nowMs: number): boolean {
    const share = Math.min(Math.max((nowMs - this.beganMs) / GLIDE_MS, 0), 1);
    if (!this.moves) return false;
    const { shownX, shownY, fromX, fromY } = this;
    const count = Math.min(marks.count, shownX.length);
    for (let at = 0; at < count; at++) {
      const [x, y] = [fromX[at] ?? 0, fromY[at] ?? 0];
      shownX[at] = x + ((marks.x[at] ?? 0) - x) * share;
      shownY[at] = y + ((marks.y[at] ?? 0) - y) * share;
    }
    if (share >= 1) this.moves = false;
    return share < 1;
  }

  private takeOne(marks: Marks, at: number, glides: boolean): void {
    const [x, y] = [number(marks.x, at), number(marks.y, at)];
    const [x0, y0] = [number(this.shownX, at), number(this.shownY, at)];
    const name = marks.name[at] ?? "";
    const isSame = this.was[at] === 1 && this.names[at] === name;
    const far = Math.hypot(x - x0, y - y0);
    const stays = isSame && glides && far <= JUMP_M;
    if (isSame && far > HEADING_FROM_M) this.heading[at] = Math.atan2(x - x0, y - y0);
    this.fromX[at] = stays ? x0 : x;
    this.fromY[at] = stays ? y0 : y;
    this.shownX[at] = stays ? x0 : x;
    this.shownY[at] = stays ? y0 : y;
    if (stays && far > 0) this.moves = true;
    this.was[at] = number(marks.look, at) & LOOK.shown;
    this.names[at] = name;
  }

  private grow(room: number): void {
    const widened = (from: Float32Array) => {
      const into = new Float32Array(room);
      into.set(from);
      return into;
    };
    this.shownX = widened(this.shownX);
    this.shownY = widened(this.shownY);
    this.heading = widened(this.heading);
    this.fromX = widened(this.fromX);
    this.fromY = widened(this.fromY);
    const was = new Uint8Array(room);
    was.set(this.was);
    this.was = was;
  }
}

function number(column: Float32Array | Uint8Array, at: number): number {
  return column[at] ?? 0;
}
