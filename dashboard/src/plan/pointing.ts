/** The pointer on a plan: picks an asset or a zone, or is handed to the page. */
import type { Leaf } from "./leaf";
import type { PlanProps } from "./plan";
import type { Stage } from "./stage";
import { linkAt } from "./tags";
import type { PlanPointer } from "./types";
import { toMetres } from "./view";

const REACH = 12;
const REACH_OF_FINGER = 24;
/** A click that moved farther was a drag. */
const STILL_PX = 5;

/** Listen until the returned function is called. */
export function listen(
  host: HTMLElement,
  stage: Stage,
  leaf: Leaf | null,
  props: () => PlanProps,
): () => void {
  const ending = new AbortController();
  const { signal } = ending;
  let down: { x: number; y: number } | null = null;
  let taken = false;
  const tell = (kind: PlanPointer["kind"], event: PointerEvent | MouseEvent): boolean => {
    const pointer = props().onPointer && pointerOf(host, stage, kind, event);
    return pointer ? (props().onPointer?.(pointer) ?? false) : false;
  };
  host.addEventListener(
    "pointerdown",
    (event) => {
      if (event.button !== 0) return;
      down = { x: event.clientX, y: event.clientY };
      taken = tell("down", event);
      if (!taken) return;
      leaf?.drags(false);
      host.setPointerCapture(event.pointerId);
    },
    { signal, capture: true },
  );
  const hover = (event: PointerEvent) => {
    tell("move", event);
    if (props().onFloor) {
      host.classList.toggle("leads", floorAt(host, stage, event) !== null);
    }
  };
  host.addEventListener("pointermove", hover, { signal });
  const end = (event: PointerEvent) => {
    if (down) tell("up", event);
    if (taken) leaf?.drags(true);
    const moved = down ? Math.hypot(event.clientX - down.x, event.clientY - down.y) : Infinity;
    const wasTaken = taken;
    down = null;
    taken = false;
    if (event.type === "pointerup" && moved <= STILL_PX && !wasTaken) click(event);
  };
  const click = (event: PointerEvent) => {
    if (!tell("click", event)) pick(host, stage, props(), event);
  };
  host.addEventListener("pointerup", end, { signal });
  host.addEventListener("pointercancel", end, { signal });
  host.addEventListener(
    "dblclick",
    (event) => {
      if (tell("double", event)) event.stopImmediatePropagation();
    },
    { signal, capture: true },
  );
  return () => ending.abort();
}

function pick(host: HTMLElement, stage: Stage, props: PlanProps, event: PointerEvent): void {
  const floor = props.onFloor ? floorAt(host, stage, event) : null;
  const { asset, zone } = pointerOf(host, stage, "click", event) ?? { asset: null, zone: null };
  if (floor !== null) props.onFloor?.(floor);
  else if (asset) props.onPick?.(asset);
  else if (zone && props.onZone) props.onZone(zone);
  else props.onPick?.(null);
}

/** The floor that is led to from there. */
function floorAt(host: HTMLElement, stage: Stage, event: PointerEvent): string | null {
  const { left, top } = host.getBoundingClientRect();
  const reach = event.pointerType === "touch" ? REACH : 2;
  return linkAt(stage.links, event.clientX - left, event.clientY - top, reach);
}

function pointerOf(
  host: HTMLElement,
  stage: Stage,
  kind: PlanPointer["kind"],
  event: PointerEvent | MouseEvent,
): PlanPointer | null {
  const view = stage.view();
  if (!view) return null;
  const { left, top } = host.getBoundingClientRect();
  const [screenX, screenY] = [event.clientX - left, event.clientY - top];
  const isFinger = "pointerType" in event && event.pointerType === "touch";
  const at = toMetres(view, screenX, screenY);
  return {
    ...at,
    kind,
    screenX,
    screenY,
    asset: stage.assetAt(screenX, screenY, isFinger ? REACH_OF_FINGER : REACH),
    zone: stage.zoneAt(at),
    event,
  };
}
