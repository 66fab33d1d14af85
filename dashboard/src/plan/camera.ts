/** The part of a plan that is seen, and the smooth way to another one. */
import { between, type View } from "./view";

const ZOOM_MS = 160;

export class Camera {
  private target: View | null = null;
  private from: { view: View; atMs: number } | null = null;

  /** Whether it is on its way to another part. */
  get moves(): boolean {
    return this.from !== null;
  }

  /** Look at another part; `smooth` only where the size of the window is the same. */
  turn(view: View, smooth: boolean, nowMs: number): void {
    const shown = this.at(nowMs);
    const glides = smooth && shown !== null && shown.width === view.width;
    this.from = glides ? { view: shown, atMs: nowMs } : null;
    this.target = view;
  }

  /** What is seen at that moment; null before the first. */
  at(nowMs: number): View | null {
    const { from, target } = this;
    if (!from || !target) return target;
    const share = Math.min((nowMs - from.atMs) / ZOOM_MS, 1);
    if (share >= 1) this.from = null;
    return between(from.view, target, 1 - (1 - share) ** 3);
  }
}
