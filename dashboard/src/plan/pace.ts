/**
 * How often a glide is drawn: with each frame of the screen while there are few assets, each 30 ms
 * with many, and where drawing is slow so seldom that it takes a fifth of the time at most.
 */
const SHARE = 5;
const MANY = 2000;
const MANY_MS = 30;

export class Pace {
  private tookMs = 0;
  private beganMs = -Infinity;

  /** Whether the next step of `count` assets is due. */
  isDue(nowMs: number, count: number): boolean {
    const least = count > MANY ? MANY_MS : 0;
    return nowMs - this.beganMs >= Math.max(least, this.tookMs * SHARE);
  }

  /** Draw, and note how long it took. */
  run(nowMs: number, draw: () => void): void {
    this.beganMs = nowMs;
    const begin = performance.now();
    draw();
    this.tookMs = this.tookMs * 0.8 + (performance.now() - begin) * 0.2;
  }
}
