/** What a plan is given to draw. Lengths in metres of the floor, x to the right, y up. */
import type { Severity } from "../api/shape";
import type { SymbolState } from "../parts/symbol";

/** A point of a floor in metres. */
export interface PointM {
  readonly x: number;
  readonly y: number;
}

/** A rectangle of a floor in metres. */
export interface BoxM {
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
  readonly top: number;
}

/** Bits of `Marks.look`. */
export const LOOK = {
  /** There, on this floor, and not filtered away. */
  shown: 1,
  /** Last known: hollow and dashed. */
  lastKnown: 2,
  /** In the zone of its newest reads, and not decided yet. */
  provisional: 4,
  /** No fix: x and y are a place within its zone, chosen so that it stays the same. */
  placed: 8,
  /** Its zone is drawn nowhere: it is counted, and has no x and y. */
  nowhere: 16,
} as const;

/** What stands on the plan, in columns; a place in them belongs to one asset until it is gone. */
export interface Marks {
  /** So many places are in use or were. */
  count: number;
  /** Grows by one with each change, so that a drawer knows whether to look again. */
  turn: number;
  /** The id of the asset, or the tag; empty where there is none. */
  name: string[];
  x: Float32Array;
  y: Float32Array;
  /** An index into `SHAPES` of `shapes.ts`. */
  shape: Uint8Array;
  /** `LOOK`, combined. */
  look: Uint8Array;
  /** The index of its zone in `zones` of the plan; 65535 where there is none. */
  zone: Uint16Array;
  /** How long ago it was heard, in seconds; 65535 for longer, too. */
  age_s: Uint16Array;
}

/** An alert as it stands on the plan: at its asset, else at `at`, else in its zone. */
export interface PlanAlarm {
  readonly id: string;
  readonly severity: Severity;
  readonly state: SymbolState;
  readonly asset: string | null;
  readonly zone: string | null;
  readonly at?: PointM | null;
  /** What its tag says, such as `LT-0417`; without one there is no tag. */
  readonly label?: string;
  /** Its tag is shown even where somebody has it: its evidence is open. */
  readonly named?: boolean;
}

/** A fix of a trail, oldest first. */
export interface TrailPoint extends PointM {
  readonly timeMs: number;
  /** Stands beside the point, such as `14:29 Dispatch`, where there is room. */
  readonly label?: string;
  /** The floor that the way goes on to, or came from, here: its label can be pressed. */
  readonly leadsTo?: string;
  /** No fix, only this zone is known: the way to it is nobody's knowledge, and dashed. */
  readonly zone?: string | null;
}

export interface Trail {
  readonly points: readonly TrailPoint[];
  /** Violet for what is picked, grey for others, or the colour of a severity. */
  readonly colour: "pick" | "other" | Severity;
  /** Whose it is, if this is its newest: known by its zone alone, it stands where its symbol is. */
  readonly of?: string;
}

/** A reader whose place is known. */
export interface PlanReader extends PointM {
  readonly name: string;
  readonly silent: boolean;
}

/** What a layer draws with; the context's unit is the CSS pixel. */
export interface Pen {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  /** Pixels a metre. */
  readonly scale: number;
  /** The size of one pixel of a 16 px root: strokes and letters grow with the page. */
  readonly unit: number;
  /** The value of a token, such as `colour("--pick")`. */
  readonly colour: (token: string) => string;
  readonly font: (size: number, weight?: number) => string;
  readonly toScreen: (point: PointM) => readonly [x: number, y: number];
}

/** A layer of a page's own. It is drawn anew when the object changes and when the plan moves. */
export interface PlanLayer {
  /** Above the zones and below the assets, or above everything. */
  readonly order: "ground" | "over";
  readonly draw: (pen: Pen) => void;
}

/** A pointer on the plan. */
export interface PlanPointer extends PointM {
  readonly kind: "down" | "move" | "up" | "click" | "double";
  /** Pixels within the plan. */
  readonly screenX: number;
  readonly screenY: number;
  /** The asset and the zone there. */
  readonly asset: string | null;
  readonly zone: string | null;
  readonly event: PointerEvent | MouseEvent;
}

/** What a page may do with a plan that is shown. */
export interface PlanHandle {
  readonly toScreen: (point: PointM) => readonly [x: number, y: number];
  readonly toMetres: (screenX: number, screenY: number) => PointM;
  /** Pixels a metre. */
  readonly scale: () => number;
  /** The part that is seen. */
  readonly seen: () => BoxM;
  readonly zoomBy: (steps: number) => void;
  /** Move by pixels. */
  readonly panBy: (x: number, y: number) => void;
  readonly showAll: () => void;
  readonly show: (box: BoxM) => void;
  /** Have a point in view with a margin. */
  readonly hold: (point: PointM) => void;
  readonly redraw: () => void;
}
