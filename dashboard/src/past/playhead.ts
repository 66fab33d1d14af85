/** The playhead: where it is after so much time. Pure. */
import type { Span } from "./span";

export const SPEEDS = [1, 5, 20, 60] as const;
export type Speed = (typeof SPEEDS)[number];

export interface PlayState {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly playing: boolean;
  readonly speed: Speed;
  readonly span: Span;
}

/** A page that was hidden goes on where it was, instead of leaping. */
const LEAP_MS = 250;

/** The state after `dt` milliseconds of somebody watching; it stops at the end. */
export function playhead(state: PlayState, dt: number): PlayState {
  if (!state.playing) return state;
  const at = state.at + Math.min(LEAP_MS, Math.max(0, dt)) * state.speed;
  return at < state.span.to ? { ...state, at } : { ...state, at: state.span.to, playing: false };
}

/** Play or pause; at the end it begins anew. */
export function toggled(state: PlayState): PlayState {
  const isOver = state.at >= state.span.to;
  return state.playing
    ? { ...state, playing: false }
    : { ...state, playing: true, at: isOver ? state.span.from : state.at };
}

/** The speed `by` steps faster or slower. */
export function faster(speed: Speed, by: number): Speed {
  const place = SPEEDS.indexOf(speed) + by;
  return SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, place))] ?? speed;
}
