import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, expect, it, vi } from "vitest";
import { Announcer, sayDone } from "./announcer";
import { anAlert } from "./example";
import { NOTHING } from "./gathering";
import { gathered, isRead } from "./store";

afterEach(() => {
  vi.useRealTimers();
  gathered.value = NOTHING;
  isRead.value = false;
});

it("says the same words again as something new: an alert that recurs is heard twice", async () => {
  vi.useFakeTimers();
  const root = document.createElement("div");
  isRead.value = true;
  await act(() => render(<Announcer />, root));
  await act(() => void vi.advanceTimersByTime(300));
  const raise = async (occurrences: number) => {
    const alert = anAlert({ severity: "critical", state: "active_unacknowledged", occurrences });
    gathered.value = { ...NOTHING, open: new Map([[alert.id, alert]]) };
    await act(() => void vi.advanceTimersByTime(300));
    return root.querySelector("[role=alert] span");
  };
  const [first, second] = [await raise(1), await raise(2)];
  expect(first?.textContent).not.toBe("");
  expect(second?.textContent).toBe(first?.textContent);
  expect(second).not.toBe(first);

  const done = async () => {
    await act(() => sayDone("Acknowledged"));
    return [...root.querySelectorAll("[role=status] span")].find(
      (each) => each.textContent === "Acknowledged",
    );
  };
  expect(await done()).not.toBe(await done());
  render(null, root);
});
