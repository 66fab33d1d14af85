/** Alerts for tests. */
import type { Alert } from "../api/shape";

export const AT = "2026-11-17T14:32:03.000Z";

/** An exit that nobody has seen yet, with what a test changes of it. */
export function anAlert(change: Partial<Alert> = {}): Alert {
  return {
    id: "a1",
    seq: 1,
    rule: "laptops stay in",
    rule_version: "1",
    kind: "exit",
    severity: "critical",
    state: "active_unacknowledged",
    condition: "active",
    acknowledged: null,
    latched: true,
    shelved_until: null,
    shelved: null,
    suppressed_by: null,
    asset: "LT-0417",
    tag: "3034257bf46db6491a2b3c4d",
    from: "lobby",
    to: "gate",
    portal: null,
    reader: null,
    antenna: null,
    sensor: null,
    part: null,
    zones: [],
    time: AT,
    decided: AT,
    raised_at: AT,
    late: false,
    occurrences: 1,
    assignee: null,
    cause: "moved",
    outside_now: false,
    excursion: null,
    detail: "",
    chattering: false,
    escalations: 0,
    test: false,
    evidence: {},
    ...change,
  };
}

/** A generator of numbers from 0 to 1 that gives the same ones for the same seed (mulberry32). */
export function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
