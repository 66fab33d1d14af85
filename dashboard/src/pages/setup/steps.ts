/** The steps of the set-up, and which of them are done: the site file says so, nothing else. */
import type { Floor, Reader, Rule, Zone } from "../../api/shape";

export const STEPS = ["plan", "zone", "reader", "rule", "done"] as const;
export type Step = (typeof STEPS)[number];

/** What is installed; a zone counts once it is drawn. */
export interface Installed {
  readonly floors: readonly Pick<Floor, "name">[];
  readonly zones: readonly Pick<Zone, "shape">[];
  readonly readers: readonly Pick<Reader, "name">[];
  readonly rules: readonly Pick<Rule, "name">[];
}

export function isDone(step: Step, installed: Installed): boolean {
  switch (step) {
    case "plan":
      return installed.floors.length > 0;
    case "zone":
      return installed.zones.some((zone) => zone.shape !== null);
    case "reader":
      return installed.readers.length > 0;
    case "rule":
      return installed.rules.some((rule) => !rule.name.startsWith("system: "));
    case "done":
      return false;
  }
}

/** The first step that is not done. */
export function firstOpen(installed: Installed): Step {
  return STEPS.find((step) => !isDone(step, installed)) ?? "done";
}

export function stepAfter(step: Step): Step {
  return STEPS[STEPS.indexOf(step) + 1] ?? "done";
}

/** Whether nothing can be seen yet: no reader, or no zone that is drawn. */
export function isNeeded(installed: Installed): boolean {
  return !isDone("zone", installed) || !isDone("reader", installed);
}
