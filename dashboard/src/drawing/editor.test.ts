import { beforeEach, describe, expect, test } from "vitest";
import type { Zone } from "../api/shape";
import type { PlanHandle } from "../plan/types";
import { language } from "../preferences";
import { type Draft, draftOf, entryOf, neighboursOf, newDraft, patchOf, ringsOf } from "./draft";
import { choose, createEditor, type Editor, edit, fill, open, redo, undo } from "./editor";
import { directionOf, press } from "./keying";
import { zonesAt } from "./tested";

const HALL: Zone = {
  name: "hall",
  floor: "ground",
  role: "storage",
  parent: null,
  polygon: [
    [0, 0],
    [40, 0],
    [40, 40],
    [0, 40],
  ],
  shape: "polygon",
  geometry: {
    type: "Polygon",
    coordinates: [
      [
        [0, 0],
        [40, 0],
        [40, 40],
        [0, 40],
        [0, 0],
      ],
    ],
  },
  healthy: true,
};

beforeEach(() => {
  language.value = "en";
});

function key(name: string, shiftKey = false): KeyboardEvent {
  return new KeyboardEvent("keydown", { key: name, shiftKey });
}

function drawing(): Editor {
  const editor = createEditor();
  editor.ground.value = { size: [60, 40], neighbours: [] };
  open(editor, newDraft("ground"));
  choose(editor, "draw");
  return editor;
}

function pressed(editor: Editor, ...keys: string[]): void {
  for (const each of keys) {
    const isShift = each.startsWith("Shift ");
    press(editor, key(isShift ? each.slice(6) : each, isShift), null);
  }
}

describe("keys", () => {
  test("draw four corners, 1 m with Shift and 0.1 m without, and say where each is", () => {
    const editor = drawing();
    pressed(editor, "Enter", "Shift ArrowRight", "ArrowRight", "Enter");
    pressed(editor, "Shift ArrowUp", "Enter", "Shift ArrowLeft", "ArrowLeft", "Enter");
    expect(editor.draft.value?.outline.corners).toEqual([
      [30, 20],
      [31.1, 20],
      [31.1, 21],
      [30, 21],
    ]);
    expect(editor.said.value).toBe("Corner 4 at 30.0, 21.0");
    expect(editor.verdict.value?.fault).toBeNull();
  });

  test("keep what they move in view", () => {
    const editor = drawing();
    const held: unknown[] = [];
    const plan = {
      toMetres: (x: number, y: number) => ({ x, y: -y }),
      hold: (point: unknown) => held.push(point),
    } as unknown as PlanHandle;
    press(editor, key("ArrowRight", true), plan);
    press(editor, key("Enter"), plan);
    choose(editor, "move");
    edit(editor, { do: "pick", corner: 0 });
    press(editor, key("ArrowUp"), plan);
    expect(held).toEqual([
      { x: 31, y: 20 },
      { x: 31, y: 20.1 },
    ]);
  });

  test("Enter on the first corner ends the drawing", () => {
    const editor = drawing();
    pressed(editor, "Enter", "Shift ArrowRight", "Enter", "Shift ArrowUp", "Enter");
    pressed(editor, "Shift ArrowLeft", "Shift ArrowDown", "Enter");
    expect(editor.mode.value).toBe("move");
    expect(editor.draft.value?.outline.corners).toHaveLength(3);
  });

  test("arrows move the picked corner, all presses together are one step", () => {
    const editor = createEditor();
    open(editor, draftOf(HALL));
    edit(editor, { do: "pick", corner: 1 });
    pressed(editor, "ArrowRight", "ArrowRight", "Shift ArrowUp");
    expect(editor.draft.value?.outline.corners[1]).toEqual([40.2, 1]);
    expect(editor.changes.value).toBe(1);
    undo(editor);
    expect(editor.changes.value).toBe(0);
    redo(editor);
    expect(editor.draft.value?.outline.corners[1]).toEqual([40.2, 1]);
  });

  test("Delete takes the picked corner, Enter adds one after it, Escape lets it go", () => {
    const editor = createEditor();
    open(editor, draftOf(HALL));
    edit(editor, { do: "pick", corner: 0 });
    pressed(editor, "Enter");
    expect(editor.draft.value?.outline.corners[1]).toEqual([20, 0]);
    pressed(editor, "Delete", "Escape");
    expect(editor.draft.value?.outline.corners).toEqual(draftOf(HALL).outline.corners);
    expect(editor.draft.value?.outline.picked).toBeNull();
  });

  test("an arrow moves the way it points, also on a plan turned by a quarter", () => {
    const turned = { toMetres: (x: number, y: number) => ({ x: y / 10, y: x / 10 }) };
    expect(directionOf([1, 0], turned)).toEqual([0, 1]);
    expect(directionOf([0, 1], turned)).toEqual([1, 0]);
    expect(directionOf([0, -1], null)).toEqual([0, 1]);
  });

  test("nothing changes for who may only look", () => {
    const editor = createEditor();
    open(editor, draftOf(HALL));
    editor.readOnly.value = true;
    edit(editor, { do: "pick", corner: 0 });
    pressed(editor, "ArrowRight", "Delete", "Enter");
    fill(editor, { name: "yard" });
    expect(editor.changes.value).toBe(0);
  });
});

describe("what is sent", () => {
  const changed = (fields: Partial<Draft>): Draft => ({ ...draftOf(HALL), ...fields });

  test("only what was changed; no zone around it takes the key out", () => {
    const was = changed({ parent: "site" });
    expect(patchOf(was, { ...was, parent: "", role: "exit" }, {})).toEqual({
      role: "exit",
      parent: null,
    });
    expect(patchOf(was, was, {})).toEqual({});
  });

  test("a drawn outline takes the place of a circle, and keeps the holes of a polygon", () => {
    const now = changed({
      outline: {
        corners: [
          [1, 1],
          [9, 1],
          [9, 9],
        ],
        picked: null,
      },
    });
    expect(patchOf(draftOf(HALL), now, { circle: {} })).toEqual({
      circle: null,
      polygon: [
        [1, 1],
        [9, 1],
        [9, 9],
      ],
    });
    expect(patchOf(draftOf(HALL), now, { polygon: [], holes: [] })).not.toHaveProperty("holes");
  });

  test("a new zone has its whole entry, without what is not said", () => {
    expect(entryOf({ ...newDraft(""), name: " yard " })).toEqual({ name: "yard", role: "storage" });
  });

  test("a circle is drawn anew, the outline of a polygon ends before its first corner", () => {
    expect(draftOf({ ...HALL, shape: "circle" }).outline.corners).toEqual([]);
    expect(ringsOf(HALL)[0]).toHaveLength(4);
  });

  test("neighbours are on the same floor, or on all", () => {
    const others = [
      { ...HALL, name: "everywhere", floor: null },
      { ...HALL, name: "upstairs", floor: "first" },
    ];
    const names = neighboursOf([HALL, ...others], "ground", "hall").map(({ name }) => name);
    expect(names).toEqual(["everywhere"]);
  });
});

describe("a tested point", () => {
  const box = (name: string, left: number, size: number, parent: string | null = null) => ({
    name,
    parent,
    rings: [
      [
        [left, left],
        [left + size, left],
        [left + size, left + size],
        [left, left + size],
      ] as const,
    ],
  });

  test("the innermost zone comes first, by its shape or by its parent", () => {
    expect(zonesAt([5, 5], [box("hall", 0, 40), box("bay", 2, 6)])).toEqual(["bay", "hall"]);
    expect(zonesAt([5, 5], [box("a", 4, 40, "b"), box("b", 0, 6)])).toEqual(["a", "b"]);
  });

  test("of zones that only overlap the one in which it lies deeper", () => {
    expect(zonesAt([9, 9], [box("a", 0, 10), box("b", 5, 10)])).toEqual(["b", "a"]);
  });

  test("outside of all it is in none", () => {
    expect(zonesAt([99, 99], [box("hall", 0, 40)])).toEqual([]);
  });
});
