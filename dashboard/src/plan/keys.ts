/** Keys that move a plan: + - 0 zoom, arrows move. */
import type { ReadonlySignal } from "@preact/signals";
import { useKeys } from "../keys";
import type { PlanHandle } from "./types";

const STEP_PX = 80;

/** As long as the page is shown, these keys move the plan of `handle`. */
export function usePlanKeys(handle: ReadonlySignal<PlanHandle | null>): void {
  const pan = (x: number, y: number) => (event: KeyboardEvent) => {
    const target = event.target;
    // Where a list or a table has the focus, arrows scroll it.
    if (target instanceof Element && target.closest("[tabindex='0'], .side")) return;
    handle.value?.panBy(x, y);
  };
  useKeys({
    "+": () => handle.value?.zoomBy(1),
    "=": () => handle.value?.zoomBy(1),
    "-": () => handle.value?.zoomBy(-1),
    "0": () => handle.value?.showAll(),
    ArrowLeft: pan(-STEP_PX, 0),
    ArrowRight: pan(STEP_PX, 0),
    ArrowUp: pan(0, -STEP_PX),
    ArrowDown: pan(0, STEP_PX),
  });
}
