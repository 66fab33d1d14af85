/** Whether the pages are live, and how old what they show is. */
import { beat, span } from "../times";
import { heardMs } from "./link";

export function LinkState() {
  void beat.value;
  return (
    <span class="link" role="status">
      <i />
      Live <b>{span(Date.now() - heardMs.value)}</b>
    </span>
  );
}
