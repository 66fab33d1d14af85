/** A plan of a floor: what stands on it, what is wrong on it, what is picked. */
import { type ReadonlySignal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import type { Floor, Zone } from "../api/shape";
import { may } from "../session";
import { isSiteKnown, siteRefusal } from "../site";
import { words } from "../words";
import { MapCredit } from "./map-credit";
import { isPhone, wantsMotion } from "./media";
import type { PlanMode, Scene } from "./scene";
import { type DrawnFloor, drawnFloor } from "./site";
import type {
  BoxM,
  Marks,
  PlanAlarm,
  PlanHandle,
  PlanLayer,
  PlanPointer,
  PlanReader,
  Trail,
} from "./types";
import { usePlanStage } from "./use-stage";

export interface PlanProps {
  /** Undefined where there is none yet; the plan says so. */
  floor: Floor | undefined;
  zones: readonly Zone[];
  /** What it is, for who does not see it. */
  label: string;
  marks?: ReadonlySignal<Marks | null>;
  alarms?: readonly PlanAlarm[];
  picked?: string | null;
  /** What the tag of the picked asset says; its id without one. */
  pickedLabel?: string;
  onPick?: ((asset: string | null) => void) | undefined;
  pickedZone?: string | null;
  onZone?: (zone: string) => void;
  /** A trail's tag was pressed that leads to another floor. */
  onFloor?: (floor: string) => void;
  trails?: readonly Trail[];
  readers?: readonly PlanReader[];
  unheard?: ReadonlySet<string>;
  /** Zones that are forbidden for somebody. */
  restricted?: ReadonlySet<string>;
  /** Keep the picked asset in view. */
  follow?: boolean;
  stale?: boolean;
  dim?: boolean;
  mode?: PlanMode;
  still?: boolean;
  focus?: BoxM | null;
  frame?: BoxM | null;
  plain?: boolean;
  /** Nothing glides: for a time that runs so fast that a glide would lag behind it. */
  prompt?: boolean;
  /** Zones say their names only; for a plan that shows some assets of many. */
  noCounts?: boolean;
  turned?: boolean;
  layers?: readonly PlanLayer[];
  onPointer?: (pointer: PlanPointer) => boolean;
  onSeen?: (seen: BoxM) => void;
  handle?: (handle: PlanHandle | null) => void;
  /** Size of the shapes, 1 on a page. */
  size?: number;
  /** Size of letters and strokes, 1 on a page. */
  enlarged?: number;
  children?: ComponentChildren;
}

const NONE: readonly never[] = [];
const NOBODY: ReadonlySet<string> = new Set();

export function Plan(props: PlanProps) {
  const { floor } = props;
  return (
    <div class={props.still ? "plan is-still" : "plan"}>
      {floor ? <Drawn {...props} floor={floor} /> : <NoPlan drawing={props.mode === "bare"} />}
      {floor?.map && props.frame === undefined && <MapCredit map={floor.map} />}
      {props.children}
    </div>
  );
}

/** There is none, or nobody has said yet whether there is: it is asked again without a press. */
function NoPlan({ drawing }: { drawing: boolean }) {
  const { failed, loading } = words().frame;
  if (!isSiteKnown.value) {
    const refusal = siteRefusal.value;
    return (
      <div class="empty" role="status" aria-busy={refusal === null}>
        <h2>{refusal === null ? loading : failed(refusal)}</h2>
      </div>
    );
  }
  return (
    <div class="empty">
      <h2>{words().live.noFloor}</h2>
      {drawing ? <p>{words().places.noFloor}</p> : may("site") && <ToZones />}
    </div>
  );
}

function ToZones() {
  const told = words().live;
  return (
    <>
      <p>{told.noFloorHint}</p>
      <a class="btn" href="/zones">
        {told.toZones}
      </a>
    </>
  );
}

function Drawn(props: PlanProps & { floor: Floor }) {
  const host = useRef<HTMLDivElement>(null);
  const drawn = drawnFloor(props.floor, props.zones);
  const wide = drawn.extent.right - drawn.extent.left > drawn.extent.top - drawn.extent.bottom;
  usePlanStage(host, sceneOf(drawn, props), props.turned ?? (isPhone.value && wide), props);
  return <div class="plan-host" ref={host} role="img" aria-label={props.label} />;
}

const USUAL = {
  alarms: NONE,
  picked: null,
  pickedLabel: "",
  pickedZone: null,
  trails: NONE,
  readers: NONE,
  unheard: NOBODY,
  restricted: NOBODY,
  layers: NONE,
  mode: "auto",
  plain: false,
  dim: false,
  stale: false,
  frame: null,
  size: 1,
  enlarged: 1,
} satisfies Partial<Scene>;

type Usual = typeof USUAL;

/** What is not said is as usual. */
function filled(props: PlanProps): Required<Pick<Scene, keyof Usual>> {
  const said = Object.entries(props).filter(
    ([name, value]) => name in USUAL && value !== undefined,
  );
  return { ...USUAL, ...Object.fromEntries(said) };
}

function sceneOf(floor: DrawnFloor, props: PlanProps): Scene {
  const marks = props.mode === "bare" ? null : (props.marks?.value ?? null);
  return {
    ...filled(props),
    floor,
    marks,
    leads: props.onFloor !== undefined,
    counted: marks !== null && !props.noCounts,
    motion: wantsMotion.value && !props.plain && !props.prompt,
    words: words().live,
  };
}

/** For a page that moves its plan by keys: the handle as a signal. */
export function useHandle() {
  return useSignal<PlanHandle | null>(null);
}
