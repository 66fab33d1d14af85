import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Button } from "./controls";
import { Dialog } from "./dialog";

const root = document.createElement("div");
const save = vi.fn();

const Asked = ({ disabled = false, careful = false }) => (
  <Dialog title="Asked" onClose={() => undefined} careful={careful}>
    <input />
    <textarea />
    <Button primary onClick={save} disabled={disabled}>
      Save
    </Button>
  </Dialog>
);

function press(where: string, told: Partial<KeyboardEvent> = {}): void {
  const event = new KeyboardEvent("keydown", { key: "Enter", bubbles: true });
  for (const [name, value] of Object.entries(told)) Object.defineProperty(event, name, { value });
  root.querySelector(where)?.dispatchEvent(event);
}

beforeEach(() => {
  save.mockClear();
  document.body.append(root);
});
afterEach(() => {
  render(null, root);
  root.remove();
});

it("does with Enter in a field what its filled button says", async () => {
  await act(() => render(<Asked />, root));
  press("input");
  expect(save).toHaveBeenCalledOnce();
});

it("leaves Enter to a text of several lines, to a key held down and to one that composes a letter", async () => {
  await act(() => render(<Asked />, root));
  press("textarea");
  press("input", { repeat: true });
  press("input", { isComposing: true });
  press("input", { key: "a" });
  expect(save).not.toHaveBeenCalled();
});

it("does nothing with Enter while the button is not to be pressed", async () => {
  await act(() => render(<Asked disabled />, root));
  press("input");
  expect(save).not.toHaveBeenCalled();
});

it("does nothing with Enter where it is to be looked at first", async () => {
  await act(() => render(<Asked careful />, root));
  press("input");
  expect(save).not.toHaveBeenCalled();
});
