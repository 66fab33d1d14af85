/** What the window and the system ask of the pages: phone width, little motion. */
import { computed, type ReadonlySignal, signal } from "@preact/signals";

function matches(query: string): ReadonlySignal<boolean> {
  const list = globalThis.matchMedia?.(query);
  const found = signal(list?.matches ?? false);
  list?.addEventListener("change", (event) => {
    found.value = event.matches;
  });
  return found;
}

export const isPhone = matches("(max-width: 720px)");
const reduced = matches("(prefers-reduced-motion: reduce)");
/** Glides and rings, unless the system asks for little motion. */
export const wantsMotion = computed(() => !reduced.value);
