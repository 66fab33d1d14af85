/** Who would lose what they have not saved is asked before. */
import { signal } from "@preact/signals";
import { leaving } from "../../address";
import { editor } from "./store";

/** What is done once the loss is accepted; null while nobody is asked. */
export const asking = signal<(() => void) | null>(null);

const hasChanges = () => editor.changes.value > 0;
let isLoss = hasChanges;

/** Do it, or ask first where something would be lost. False where it was not done at once. */
export function guarded(act: () => void): boolean {
  if (!isLoss()) {
    act();
    return true;
  }
  asking.value = act;
  return false;
}

/**
 * Ask before other pages are opened and the browser is closed, until the result is called.
 * `isLost`: whether what was done is worth the question.
 */
export function guardPage(isLost = hasChanges): () => void {
  isLoss = isLost;
  leaving.ask = (leave) => {
    if (!isLost()) return true;
    asking.value = leave;
    return false;
  };
  const unload = (event: BeforeUnloadEvent) => {
    if (isLost()) event.preventDefault();
  };
  addEventListener("beforeunload", unload);
  return () => {
    leaving.ask = null;
    removeEventListener("beforeunload", unload);
  };
}
