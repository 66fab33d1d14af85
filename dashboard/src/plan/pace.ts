/**
 * How often a glide is drawn: with each frame of the screen while there are few assets, each 30 ms
 * with many, and where drawing is slow so seldom that it takes a fifth of the time at most. What
 * the browser itself does after our drawing, to bring it to the screen, counts too.
 */
const SHARE = 5;
const MANY = 2000;
const MANY_MS = 30;

export class Pace {
  private tookMs = 0;
  private beganMs = -Infinity;
  private readonly after = new MessageChannel();

  constructor() {
    this.after.port1.onmessage = () => this.note(performance.now() - this.beganMs);
  }

  /** Whether the next step of `count` assets is due. */
  isDue(nowMs: number, count: number): boolean {
    const least = count > MANY ? MANY_MS : 0;
    return nowMs - this.beganMs >= Math.max(least, this.tookMs * SHARE);
  }

  /** Draw, in a frame of the screen; how long that frame takes is noted once it is over. */
  run(nowMs: number, draw: () => void): void {
    this.beganMs = nowMs;
    draw();
    this.after.port2.postMessage(null);
  }

  end(): void {
    this.after.port1.close();
  }

  private note(tookMs: number): void {
    this.tookMs = this.tookMs * 0.8 + tookMs * 0.2;
  }
}
