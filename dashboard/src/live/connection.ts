/** When to connect again, and what a silence means. Pure; `link.ts` does what is decided here. */

/** A frame comes each second; after so much silence the connection counts as dead. */
export const SILENCE_MS = 2200;
/** How often that is looked at. */
export const TICK_MS = 125;
/** A machine whose timers come so late was asleep. */
export const ASLEEP_MS = 4000;
const FIRST_MS = 500;
const LAST_MS = 3000;
/** Without a word of the gateway for so long it is slow, and stale. */
export const SLOW_MS = 2000;
export const STALE_MS = 5000;

export type Ending = "restart" | "session" | "lost";

/** What a close code says: the gateway restarts, the session may have ended, or it was lost. */
export function endingOf(code: number): Ending {
  if (code === 1012) return "restart";
  return code === 1008 ? "session" : "lost";
}

/**
 * How long to wait before try `tries` (from 0), in ms: doubled from 0.5 s to at most 3 s, and
 * shortened by up to a quarter, so that many walls do not come at once. `random` is from 0 to 1.
 */
export function waitMs(tries: number, ending: Ending, random: number): number {
  const whole = Math.min(FIRST_MS * 2 ** Math.min(tries, 8), LAST_MS);
  const calm = ending === "restart" ? Math.min(whole, 1000) : whole;
  return Math.max(calm * (1 - random * 0.25), FIRST_MS * 0.75);
}

export type Age = "live" | "slow" | "stale";

/** What data of that age is called. */
export function ageOf(ageMs: number): Age {
  if (ageMs > STALE_MS) return "stale";
  return ageMs > SLOW_MS ? "slow" : "live";
}

/**
 * The gateway's clock minus ours from the newest samples: the largest, since a frame can only be
 * late. A sample counts for a minute; a jump of over 5 s means that a clock was set.
 */
export class ClockOffset {
  private samples: { atMs: number; offsetMs: number }[] = [];

  take(atMs: number, gatewayMs: number): number {
    const offsetMs = gatewayMs - atMs;
    const best = this.best();
    if (best !== null && Math.abs(offsetMs - best) > 5000) this.samples = [];
    this.samples = this.samples.filter((each) => Math.abs(atMs - each.atMs) < 60_000).slice(-60);
    this.samples.push({ atMs, offsetMs });
    return this.best() ?? offsetMs;
  }

  private best(): number | null {
    return this.samples.length ? Math.max(...this.samples.map((each) => each.offsetMs)) : null;
  }
}
