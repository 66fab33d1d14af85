/**
 * How often a glide is drawn: as often as the screen shows it, or a tenth of the time at most.
 * What the browser does with a drawn canvas takes as long again.
 */
const SHARE = 10;

export class Pace {
  private tookMs = 0;
  private beganMs = -Infinity;

  /** Whether the next step is due; where drawing is slow, a glide has fewer steps. */
  isDue(nowMs: number): boolean {
    return nowMs - this.beganMs >= this.tookMs * SHARE;
  }

  /** Draw, and note how long it took. */
  run(nowMs: number, draw: () => void): void {
    this.beganMs = nowMs;
    const begin = performance.now();
    draw();
    this.tookMs = this.tookMs * 0.8 + (performance.now() - begin) * 0.2;
  }
}
