/** What was done, so that it can be undone and done again: a value before, now and after. */

const STEPS_MAX = 500;

export interface Steps<T> {
  readonly now: T;
  readonly before: readonly T[];
  readonly after: readonly T[];
  /** While one gesture goes on, such as a drag, what changes is one step; its name. */
  readonly gesture: string | null;
}

export function begun<T>(value: T): Steps<T> {
  return { now: value, before: [], after: [], gesture: null };
}

/** A step to `value`. Steps of one `gesture` that follow each other become one. */
export function stepped<T>(steps: Steps<T>, value: T, gesture: string | null = null): Steps<T> {
  if (value === steps.now) return steps;
  if (gesture !== null && gesture === steps.gesture) return { ...steps, now: value, after: [] };
  const before = [...steps.before, steps.now].slice(-STEPS_MAX);
  return { now: value, before, after: [], gesture };
}

/** The gesture is over: what comes next is a step of its own. */
export function settled<T>(steps: Steps<T>): Steps<T> {
  return steps.gesture === null ? steps : { ...steps, gesture: null };
}

/** `now` is seen otherwise, which is no step: nothing to undo. */
export function replaced<T>(steps: Steps<T>, value: T): Steps<T> {
  return { ...steps, now: value };
}

export function undone<T>(steps: Steps<T>): Steps<T> {
  const value = steps.before.at(-1);
  if (value === undefined) return steps;
  const after = [steps.now, ...steps.after];
  return { now: value, before: steps.before.slice(0, -1), after, gesture: null };
}

export function redone<T>(steps: Steps<T>): Steps<T> {
  const [value, ...after] = steps.after;
  if (value === undefined) return steps;
  return { now: value, before: [...steps.before, steps.now], after, gesture: null };
}
