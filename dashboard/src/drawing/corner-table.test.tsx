import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test } from "vitest";
import { language } from "../preferences";
import { CornerTable } from "./corner-table";
import { newDraft } from "./draft";
import { createEditor, edit, open, undo } from "./editor";

const root = document.createElement("div");
const editor = createEditor();
const corner = () => editor.draft.value?.outline.corners[0];
const field = (name: string) =>
  root.querySelector<HTMLInputElement>(`[aria-label="${name}"]`) as HTMLInputElement;

const tell = (name: string, event: Event) =>
  act(() => {
    field(name).dispatchEvent(event);
  });

/** Letter by letter, as it is typed over what stood there. */
async function type(name: string, text: string): Promise<void> {
  await tell(name, new FocusEvent("focus"));
  for (let end = 0; end <= text.length; end += 1) {
    field(name).value = text.slice(0, end);
    await tell(name, new InputEvent("input", { bubbles: true }));
  }
}
const leave = (name: string) => tell(name, new FocusEvent("blur"));

beforeEach(async () => {
  language.value = "en";
  document.body.append(root);
  open(editor, newDraft("ground"));
  edit(editor, { do: "add", at: [2, 20] });
  await act(() => render(<CornerTable editor={editor} />, root));
});
afterEach(() => {
  render(null, root);
  root.remove();
});

test("a figure is read with a comma as with a point", async () => {
  await type("Corner 1, x in metres", "1,5");
  await type("Corner 1, y in metres", "-0.25");
  expect(corner()).toEqual([1.5, -0.25]);
  await leave("Corner 1, x in metres");
  expect(field("Corner 1, x in metres").value).toBe("1.5");
});

test.each(["1e9", "100001", "1.2.3", "0x10", "five", "Infinity"])(
  "%s is no figure: that is said, and the corner stays where it was",
  async (text) => {
    await type("Corner 1, x in metres", text);
    expect(corner()).toEqual([2, 20]);
    expect(field("Corner 1, x in metres").getAttribute("aria-invalid")).toBe("true");
    expect(root.textContent).toContain("A number of metres");
    await leave("Corner 1, x in metres");
    expect(field("Corner 1, x in metres").value).toBe("2.0");
    expect(root.textContent).not.toContain("A number of metres");
  },
);

test("an empty field moves nothing, and adds no corner", async () => {
  await type("Corner 1, x in metres", "");
  expect(corner()).toEqual([2, 20]);
  await type("New corner, x in metres", "3");
  expect(root.querySelector<HTMLButtonElement>("#new-corner button")?.disabled).toBe(true);
});

test("arrows step a figure by 0.1 m, with Shift by 1 m", async () => {
  const press = (key: string, shiftKey: boolean) =>
    tell("Corner 1, x in metres", new KeyboardEvent("keydown", { key, shiftKey, bubbles: true }));
  await press("ArrowUp", false);
  await press("ArrowDown", true);
  expect(corner()).toEqual([1.1, 20]);
});

test("what is undone while it is typed is not shown any more", async () => {
  await type("Corner 1, x in metres", "7");
  await act(() => undo(editor));
  expect(corner()).toEqual([2, 20]);
  expect(field("Corner 1, x in metres").value).toBe("2.0");
});

test("who removes the last corner by keys goes on at the new one", async () => {
  const button = root.querySelector<HTMLButtonElement>('[aria-label="Remove corner 1"]');
  button?.focus();
  await act(() => button?.click());
  expect(corner()).toBeUndefined();
  expect(document.activeElement).toBe(field("New corner, x in metres"));
});
