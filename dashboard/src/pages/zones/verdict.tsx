/** What is wrong with the edited zone, as the pages and the gateway see it. */
import { AlertSymbol } from "../../parts/symbol";
import { words } from "../../words";
import { editor, problems } from "./store";

/** The first thing that is wrong with a field. */
export const wrong = (...fields: string[]) =>
  fields.map((field) => problems.value.get(field)).find((said) => said !== undefined);

/** Whether a corner lies off the floor that the zone is on, which the gateway refuses. */
const isOff = () => {
  const draft = editor.draft.value;
  return draft !== null && draft.floor !== "" && editor.verdict.value?.outside.length !== 0;
};

/** Whether the outline can be saved: none, or one without a fault on its floor. */
export function canBeSaved(): boolean {
  const corners = editor.draft.value?.outline.corners.length ?? 0;
  return corners === 0 || (editor.verdict.value?.fault === null && !isOff());
}

/** What stands in the way of saving, then what to know. */
export function Verdict() {
  const told = words().places;
  const verdict = editor.verdict.value;
  const isDrawn = (editor.draft.value?.outline.corners.length ?? 0) > 0;
  if (!verdict) return null;
  const outside = verdict.outside.map((at) => at + 1).join(", ");
  const faults = [
    isDrawn && verdict.fault ? told.faults[verdict.fault] : null,
    isOff() ? told.outside(outside) : wrong("polygon", "polygons", "holes"),
    wrong("", "geo", "circle"),
  ].filter(Boolean);
  const notes = [
    outside && !isOff() && told.outside(outside),
    wrong("warning"),
    verdict.overlapping.length > 0 && told.overlapping(verdict.overlapping),
    verdict.outer.length > 0 && told.outer(verdict.outer),
    verdict.inner.length > 0 && told.inner(verdict.inner),
  ].filter(Boolean);
  return (
    <div class="col zone-verdict" role="status">
      {faults.map((text) => (
        <p class="said wrong" key={text}>
          <AlertSymbol severity="warning" quiet />
          {text}
        </p>
      ))}
      {notes.map((text) => (
        <p class="sm sec" key={String(text)}>
          {text}
        </p>
      ))}
    </div>
  );
}
