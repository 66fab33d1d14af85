/** What the pointer does on the plan: draw, drag corners, add one on an edge, test a point. */
import type { PlanHandle, PlanPointer } from "../plan/types";
import { choose, type Editor, edit, mark, settle, snapAt } from "./editor";
import { distance, distanceTo, edgesOf, middle, type Point } from "./geometry";

/** Pixels at a 16 px root from which a pointer takes a corner; fingers are thicker. */
const REACH_PX = { mouse: 11, pen: 14, touch: 22 };
const SNAP_PX = 10;
/** A press that moves further than this is no click but a move of the plan. */
const CLICK_PX = 6;

interface Press {
  readonly corner: number | null;
  readonly screen: Point;
  moved: boolean;
}

/** Follows the presses of one plan. */
export class Pointing {
  #press: Press | null = null;
  /** The press that has just ended, until its click has come. */
  #ended: Press | null = null;

  constructor(
    private readonly editor: Editor,
    private readonly plan: () => PlanHandle | null,
    /** A zone was clicked that is not the edited one. */
    private readonly onZone: (zone: string | null) => void,
  ) {}

  /** Whether the plan is to leave this press alone. */
  take(pointer: PlanPointer): boolean {
    switch (pointer.kind) {
      case "down":
        return this.#down(pointer);
      case "move":
        return this.#move(pointer);
      case "up":
        return this.#up();
      case "click":
        return this.#click(pointer);
      default:
        return false;
    }
  }

  #down(pointer: PlanPointer): boolean {
    const corner = this.#canDrag() ? this.#grasp(pointer) : null;
    this.#ended = null;
    this.#press = { corner, screen: [pointer.screenX, pointer.screenY], moved: false };
    return corner !== null;
  }

  #canDrag(): boolean {
    return !this.editor.readOnly.value && this.editor.mode.value === "move";
  }

  /** The corner under the pointer; the middle of an edge becomes one. */
  #grasp(pointer: PlanPointer): number | null {
    const corner = this.#cornerAt(pointer);
    if (corner !== null) {
      edit(this.editor, { do: "pick", corner });
      return corner;
    }
    const edge = this.#middleAt(pointer);
    if (edge === null) return null;
    edit(this.editor, { do: "insert", edge }, "drag");
    return edge + 1;
  }

  #move(pointer: PlanPointer): boolean {
    const press = this.#press;
    if (press && distance(press.screen, [pointer.screenX, pointer.screenY]) > CLICK_PX)
      press.moved = true;
    if (press && press.corner !== null) return this.#drag(press, press.corner, pointer);
    if (this.editor.mode.value === "draw" && !press) this.#aim(pointer);
    return false;
  }

  #drag(press: Press, corner: number, pointer: PlanPointer): boolean {
    if (!press.moved) return true;
    const snapped = snapAt(this.editor, [pointer.x, pointer.y], this.#metres(SNAP_PX), corner);
    this.editor.guides.value = snapped.guides;
    edit(this.editor, { do: "move", corner, to: snapped.at }, "drag");
    return true;
  }

  #aim(pointer: PlanPointer): void {
    const snapped = snapAt(this.editor, [pointer.x, pointer.y], this.#metres(SNAP_PX));
    this.editor.cursor.value = snapped.at;
    this.editor.guides.value = snapped.guides;
  }

  #up(): boolean {
    this.#ended = this.#press;
    this.#press = null;
    const took = this.#ended?.corner != null;
    if (took) settle(this.editor);
    return took;
  }

  #click(pointer: PlanPointer): boolean {
    const press = this.#ended;
    this.#ended = null;
    if (press?.moved || press?.corner != null) return true;
    const mode = this.editor.mode.value;
    if (mode === "test") this.#test(pointer);
    else if (mode === "scale") mark(this.editor, [pointer.x, pointer.y]);
    else if (mode === "draw" && this.editor.draft.value) this.#draw(pointer);
    else if (!this.#addOnEdge(pointer)) this.onZone(pointer.zone);
    return true;
  }

  #test({ x, y }: PlanPointer): void {
    const at: Point = [Math.round(x * 10) / 10, Math.round(y * 10) / 10];
    this.editor.cursor.value = at;
    this.editor.tested.value = at;
  }

  #draw(pointer: PlanPointer): void {
    const corners = this.editor.draft.value?.outline.corners ?? [];
    if (corners.length > 2 && this.#cornerAt(pointer) === 0) {
      choose(this.editor, "move");
      return;
    }
    const { at } = snapAt(this.editor, [pointer.x, pointer.y], this.#metres(SNAP_PX));
    edit(this.editor, { do: "add", at });
    this.editor.cursor.value = at;
    this.editor.guides.value = [];
  }

  #addOnEdge(pointer: PlanPointer): boolean {
    if (!this.#canDrag()) return false;
    const corners = this.editor.draft.value?.outline.corners ?? [];
    const reach = this.#metres(reachOf(pointer));
    const at: Point = [pointer.x, pointer.y];
    const far = edgesOf(corners).map((edge) => distanceTo(edge, at));
    const edge = far.indexOf(Math.min(...far));
    if (corners.length < 2 || (far[edge] ?? Number.POSITIVE_INFINITY) > reach) return false;
    const snapped = snapAt(this.editor, at, this.#metres(SNAP_PX));
    edit(this.editor, { do: "insert", edge, at: snapped.at });
    return true;
  }

  #cornerAt(pointer: PlanPointer): number | null {
    return this.#nearest(pointer, this.editor.draft.value?.outline.corners ?? []);
  }

  #middleAt(pointer: PlanPointer): number | null {
    const corners = this.editor.draft.value?.outline.corners ?? [];
    if (corners.length < 2) return null;
    return this.#nearest(
      pointer,
      edgesOf(corners).map(({ from, to }) => middle(from, to)),
    );
  }

  #nearest(pointer: PlanPointer, points: readonly Point[]): number | null {
    const reach = this.#metres(reachOf(pointer));
    const far = points.map((point) => distance(point, [pointer.x, pointer.y]));
    const place = far.indexOf(Math.min(...far));
    return place >= 0 && (far[place] ?? 0) <= reach ? place : null;
  }

  #metres(pixels: number): number {
    const root = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
    return (pixels * root) / 16 / (this.plan()?.scale() ?? 10);
  }
}

function reachOf({ event }: PlanPointer): number {
  const type = event instanceof PointerEvent ? event.pointerType : "mouse";
  return type === "touch" ? REACH_PX.touch : type === "pen" ? REACH_PX.pen : REACH_PX.mouse;
}
