/** The editor of one zone: its draft with all steps, how it is being edited, and what is said of it. */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { words } from "../words";
import { type Draft, differences } from "./draft";
import type { Edge, Point } from "./geometry";
import { type Command, changed, next } from "./model";
import { floorRing, type Snapped, snap } from "./snapping";
import { begun, redone, replaced, type Steps, settled, stepped, undone } from "./steps";
import { judged, type Neighbour, type Verdict } from "./validity";

export type Mode = "draw" | "move" | "test" | "scale";

/** Where it is drawn: the floor's size in metres, and the zones that are there. */
export interface Ground {
  readonly size: Point;
  readonly neighbours: readonly Neighbour[];
}

export interface Editor {
  /** Null while no zone is being edited. */
  readonly steps: Signal<Steps<Draft> | null>;
  /** The draft as it was opened or saved. */
  readonly was: Signal<Draft | null>;
  readonly ground: Signal<Ground>;
  readonly mode: Signal<Mode>;
  readonly snapping: Signal<boolean>;
  /** Where keys draw and test, in metres; also where the pointer is while drawing. */
  readonly cursor: Signal<Point | null>;
  readonly tested: Signal<Point | null>;
  /** At most two points whose distance is known, to set the scale. */
  readonly marks: Signal<readonly Point[]>;
  readonly guides: Signal<readonly Edge[]>;
  /** For the live region. */
  readonly said: Signal<string>;
  /** Nothing can be changed. */
  readonly readOnly: Signal<boolean>;
  readonly draft: ReadonlySignal<Draft | null>;
  readonly verdict: ReadonlySignal<Verdict | null>;
  readonly changes: ReadonlySignal<number>;
}

const NO_GROUND: Ground = { size: [100, 100], neighbours: [] };

export function createEditor(): Editor {
  const steps = signal<Steps<Draft> | null>(null);
  const was = signal<Draft | null>(null);
  const ground = signal(NO_GROUND);
  const draft = computed(() => steps.value?.now ?? null);
  return {
    steps,
    was,
    ground,
    mode: signal<Mode>("move"),
    snapping: signal(true),
    cursor: signal<Point | null>(null),
    tested: signal<Point | null>(null),
    marks: signal<readonly Point[]>([]),
    guides: signal<readonly Edge[]>([]),
    said: signal(""),
    readOnly: signal(false),
    draft,
    verdict: computed(() => verdictOf(draft.value, ground.value)),
    changes: computed(() =>
      draft.value && was.value ? differences(was.value, draft.value).length : 0,
    ),
  };
}

function verdictOf(draft: Draft | null, { size, neighbours }: Ground): Verdict | null {
  return draft && judged(draft.outline.corners, size, neighbours);
}

/** Begin with a draft; what was not saved is forgotten. */
export function open(editor: Editor, draft: Draft | null, was: Draft | null = draft): void {
  editor.steps.value = draft && begun(draft);
  editor.was.value = was;
  editor.cursor.value = null;
  editor.guides.value = [];
  editor.said.value = "";
}

/** Do something to the outline. Commands of one gesture, such as a drag, are one step. */
export function edit(editor: Editor, command: Command, gesture: string | null = null): void {
  const steps = editor.steps.value;
  if (!steps || (editor.readOnly.value && command.do !== "pick")) return;
  const outline = changed(steps.now.outline, command);
  if (outline === steps.now.outline) return;
  const draft = { ...steps.now, outline };
  editor.steps.value =
    command.do === "pick" ? replaced(steps, draft) : stepped(steps, draft, gesture);
  sayCommand(editor, command);
}

/** Fill in a field; letters typed one after the other are one step. */
export function fill(editor: Editor, fields: Partial<Draft>): void {
  const steps = editor.steps.value;
  if (!steps || editor.readOnly.value) return;
  editor.steps.value = stepped(steps, { ...steps.now, ...fields }, Object.keys(fields).join());
}

/** The gesture is over. */
export function settle(editor: Editor): void {
  if (editor.steps.value) editor.steps.value = settled(editor.steps.value);
  editor.guides.value = [];
}

export function undo(editor: Editor): void {
  if (!editor.steps.value?.before.length) return;
  editor.steps.value = undone(editor.steps.value);
  editor.said.value = `${words().places.undone} ${cornersSaid(editor)}`;
}

export function redo(editor: Editor): void {
  if (!editor.steps.value?.after.length) return;
  editor.steps.value = redone(editor.steps.value);
  editor.said.value = `${words().places.redone} ${cornersSaid(editor)}`;
}

/** What is done next with keys and pointer. */
export function choose(editor: Editor, mode: Mode): void {
  editor.mode.value = mode;
  editor.guides.value = [];
  if (mode !== "test") editor.tested.value = null;
  editor.marks.value = [];
  const told = words().places;
  editor.said.value = told.modes[mode].said;
  if (mode === "move") editor.cursor.value = null;
  else editor.cursor.value ??= startOf(editor);
  if (mode === "test") editor.tested.value = editor.cursor.value;
}

/** Mark a point for the scale; a third one begins anew. */
export function mark(editor: Editor, at: Point): void {
  const marks = editor.marks.value.length === 1 ? [...editor.marks.value, at] : [at];
  editor.marks.value = marks;
  editor.cursor.value = at;
  editor.said.value = `${marks.length}: ${pointText(at)}`;
}

/** Where keys begin: at the picked or last corner, else in the middle of the floor. */
function startOf(editor: Editor): Point {
  const outline = editor.draft.value?.outline;
  const corner = outline?.corners[outline.picked ?? outline.corners.length - 1];
  const [width, depth] = editor.ground.value.size;
  return corner ?? [Math.round(width / 2), Math.round(depth / 2)];
}

export function pickNext(editor: Editor, step: number): void {
  const outline = editor.draft.value?.outline;
  if (outline) edit(editor, { do: "pick", corner: next(outline, step) });
}

/** Where keys are: the cursor, or while corners are moved the picked one; null for nowhere. */
export function aimed(editor: Editor): Point | null {
  if (editor.mode.value !== "move") return editor.cursor.value;
  const { corners, picked } = editor.draft.value?.outline ?? { corners: [], picked: null };
  return picked === null ? null : (corners[picked] ?? null);
}

/** Where a point of the pointer comes to lie; `moving` is the corner that is dragged. */
export function snapAt(editor: Editor, at: Point, reach_m: number, moving?: number): Snapped {
  const corners = editor.draft.value?.outline.corners ?? [];
  const count = corners.length;
  const place = moving ?? count;
  const at_ = (index: number) => corners[(index + count) % count];
  const isThere = (corner: Point | undefined) => corner !== undefined;
  const around = count > (moving === undefined ? 0 : 1);
  const { size, neighbours } = editor.ground.value;
  const snapped = snap(at, {
    on: editor.snapping.value,
    rings: [...neighbours.flatMap((each) => each.rings), floorRing(size)],
    before: around ? [at_(place - 1), at_(place - 2)].filter(isThere) : [],
    after: around
      ? (moving === undefined ? [at_(0), at_(1)] : [at_(place + 1), at_(place + 2)]).filter(isThere)
      : [],
    reach_m,
  });
  return snapped;
}

/** A point as it is said and shown: `53.7, 36.3`. */
export function pointText([x, y]: Point): string {
  const figure = (value: number) =>
    Number.isInteger(Math.round(value * 100) / 10) ? value.toFixed(1) : value.toFixed(2);
  return `${figure(x)}, ${figure(y)}`;
}

function cornersSaid(editor: Editor): string {
  return words().places.corners(editor.draft.value?.outline.corners.length ?? 0);
}

function sayCommand(editor: Editor, command: Command): void {
  const outline = editor.draft.value?.outline;
  if (!outline) return;
  const told = words().places;
  const corner = outline.picked === null ? undefined : outline.corners[outline.picked];
  const where = corner && told.cornerAt((outline.picked ?? 0) + 1, pointText(corner));
  if (command.do === "delete") editor.said.value = `${told.cornerGone} ${cornersSaid(editor)}`;
  else if (where) editor.said.value = where;
}
