/** Everything that one plan shows, as its drawers take it. */
import type { DrawnFloor } from "./site";
import type { BoxM, Marks, PlanAlarm, PlanLayer, PlanReader, Trail } from "./types";

export type PlanMode = "auto" | "all" | "counts" | "bare";

export interface Scene {
  readonly floor: DrawnFloor;
  readonly alarms: readonly PlanAlarm[];
  readonly picked: string | null;
  /** What the tag of the picked asset says; its id without one. */
  readonly pickedLabel: string;
  readonly pickedZone: string | null;
  readonly trails: readonly Trail[];
  readonly readers: readonly PlanReader[];
  readonly unheard: ReadonlySet<string>;
  /** Zones that are forbidden for somebody. */
  readonly restricted: ReadonlySet<string>;
  readonly layers: readonly PlanLayer[];
  readonly mode: PlanMode;
  readonly plain: boolean;
  readonly dim: boolean;
  readonly stale: boolean;
  readonly frame: BoxM | null;
  /** Whether numbers stand with the names of zones. */
  readonly counted: boolean;
  /** Glides and rings; off where the system asks for little motion. */
  readonly motion: boolean;
  /** Whether a press on a tag can lead to another floor. */
  readonly leads: boolean;
  readonly words: {
    readonly lastKnown: string;
    /** Many alerts in one zone. */
    readonly alertsIn: (count: number, zone: string) => string;
  };
  /** The shape sizes, 1 on a page; smaller in a mini plan. */
  readonly size: number;
  /** Letters and strokes, 1 on a page; larger on a wall. */
  readonly enlarged: number;
  readonly marks: Marks | null;
}
