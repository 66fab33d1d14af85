import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nameOf, useKeys } from "./keys";
import { singleKeys } from "./preferences";

const done: string[] = [];
const note = (name: string) => [name, () => done.push(name)] as const;
const KEYS = Object.fromEntries(["[", "?", "a", "Ctrl Enter", "ArrowLeft", "Escape"].map(note));

function Keyed() {
  useKeys(KEYS);
  return <input id="field" />;
}

const press = (key: string, more: KeyboardEventInit = {}, target: EventTarget = document.body) =>
  target.dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }),
  );

beforeEach(() => {
  done.length = 0;
  act(() => render(<Keyed />, document.body));
});

afterEach(() => {
  render(null, document.body);
  singleKeys.value = true;
});

test("a sign that a keyboard makes with Alt or AltGr is that sign, whatever else these stand for", () => {
  press("[", { altKey: true });
  press("[", { altKey: true, ctrlKey: true, modifierAltGraph: true });
  press("[", { modifierAltGraph: true });
  expect(done).toEqual(["[", "[", "["]);
});

test("Alt with a letter or an arrow belongs to the browser", () => {
  press("a", { altKey: true });
  press("ArrowLeft", { altKey: true });
  expect(done).toEqual([]);
});

test("while somebody types only Escape and what is held with Ctrl does something", () => {
  const field = document.querySelector("#field");
  for (const key of ["a", "?", "Escape"]) press(key, {}, field ?? undefined);
  press("Enter", { ctrlKey: true }, field ?? undefined);
  expect(done).toEqual(["Escape", "Ctrl Enter"]);
});

test("single keys can be turned off; others stay", () => {
  singleKeys.value = false;
  for (const key of ["a", "?", "ArrowLeft", "Escape"]) press(key);
  expect(done).toEqual(["ArrowLeft", "Escape"]);
});

test("an event is called by its sign in lower case, with Ctrl or Cmd before it", () => {
  const named = (init: KeyboardEventInit) => nameOf(new KeyboardEvent("keydown", init));
  expect(named({ key: "G", shiftKey: true })).toBe("g");
  expect(named({ key: "z", metaKey: true, shiftKey: true })).toBe("Ctrl Shift Z");
  expect(named({ key: "y", ctrlKey: true })).toBe("Ctrl Y");
});
