/** What keys do while the plan of the editor has the focus. */
import type { PlanHandle } from "../plan/types";
import { aimed, choose, type Editor, edit, mark, pointText, settle } from "./editor";
import { isSame, type Point, type Ring } from "./geometry";

const STEP_M = 0.1;
const LARGE_STEP_M = 1;

const ARROWS: Record<string, readonly [x: number, y: number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Do what a key says. False where it means nothing here. */
export function press(editor: Editor, event: KeyboardEvent, plan: PlanHandle | null): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const arrow = ARROWS[event.key];
  if (arrow) return step(editor, arrow, event.shiftKey ? LARGE_STEP_M : STEP_M, plan);
  switch (event.key) {
    case "Enter":
      return enter(editor);
    case "Delete":
    case "Backspace":
      return remove(editor);
    case "Escape":
      return leave(editor);
    default:
      return false;
  }
}

/** An arrow moves the way it points on the screen, also where the plan is turned. */
export function directionOf(
  [right, down]: readonly [number, number],
  plan: Pick<PlanHandle, "toMetres"> | null,
): Point {
  if (!plan) return [right, -down];
  const from = plan.toMetres(100, 100);
  const to = plan.toMetres(100 + right * 50, 100 + down * 50);
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  return Math.abs(dx) >= Math.abs(dy) ? [Math.sign(dx), 0] : [0, Math.sign(dy)];
}

function step(
  editor: Editor,
  arrow: readonly [number, number],
  by_m: number,
  plan: PlanHandle | null,
): boolean {
  const from = aimed(editor);
  if (!from) return false;
  const [dx, dy] = directionOf(arrow, plan);
  const tenth = (value: number) => Math.round(value * 100) / 100;
  const to: Point = [tenth(from[0] + dx * by_m), tenth(from[1] + dy * by_m)];
  const corner = editor.draft.value?.outline.picked ?? null;
  if (editor.mode.value !== "move") aim(editor, to);
  else if (corner !== null) edit(editor, { do: "move", corner, to }, `keys ${corner}`);
  follow(editor, plan);
  return true;
}

/** Keep in view where the keys are. */
export function follow(editor: Editor, plan: Pick<PlanHandle, "hold"> | null): void {
  const at = aimed(editor);
  if (at) plan?.hold({ x: at[0], y: at[1] });
}

function aim(editor: Editor, to: Point): void {
  editor.cursor.value = to;
  editor.guides.value = [];
  if (editor.mode.value === "test") editor.tested.value = to;
  else editor.said.value = pointText(to);
}

function enter(editor: Editor): boolean {
  const outline = editor.draft.value?.outline;
  const cursor = editor.cursor.value;
  switch (editor.mode.value) {
    case "test":
      editor.tested.value = cursor;
      return true;
    case "scale":
      if (cursor) mark(editor, cursor);
      return true;
    case "move":
      if (!outline) return false;
      edit(editor, { do: "insert", edge: outline.picked ?? outline.corners.length - 1 });
      return true;
    case "draw":
      return outline !== undefined && cursor !== null && draw(editor, outline.corners, cursor);
  }
}

/** A corner where the cursor is; on the first one the outline is whole. */
function draw(editor: Editor, corners: Ring, cursor: Point): boolean {
  const [first, last] = [corners[0], corners.at(-1)];
  if (last && isSame(last, cursor)) return true;
  if (first && corners.length > 2 && isSame(first, cursor)) choose(editor, "move");
  else edit(editor, { do: "add", at: cursor });
  return true;
}

function remove(editor: Editor): boolean {
  const outline = editor.draft.value?.outline;
  if (!outline || !["draw", "move"].includes(editor.mode.value)) return false;
  const last = outline.corners.length - 1;
  const corner = editor.mode.value === "draw" ? last : (outline.picked ?? -1);
  edit(editor, { do: "delete", corner });
  return true;
}

/** Escape goes back step by step: drawing, testing, the picked corner. */
function leave(editor: Editor): boolean {
  if (editor.mode.value !== "move") {
    choose(editor, "move");
    return true;
  }
  if (editor.draft.value?.outline.picked == null) return false;
  settle(editor);
  edit(editor, { do: "pick", corner: null });
  return true;
}
