/** The bar above the plan: floor, tools, what is not saved. */
import type { ComponentChildren } from "preact";
import { look } from "../../address";
import type { Floor } from "../../api/shape";
import { choose, type Mode, redo, undo } from "../../drawing/editor";
import { Action, Button, Chip, Segments, savingText } from "../../parts/controls";
import { Icon } from "../../parts/icon";
import { may } from "../../session";
import { floors } from "../../site";
import { words } from "../../words";
import { guarded } from "./guard";
import { editor, save, savedAt, unwritable } from "./store";
import { canBeSaved } from "./verdict";

export function ZonesBar({ floor }: { floor: Floor | undefined }) {
  const showFloor = (name: string) =>
    guarded(() => look({ floor: name, zone: null, new: null }, true));
  return (
    <div class="bar zones-bar">
      <h1>{words().places.zones}</h1>
      {floors.value.length > 0 && (
        <Segments
          label={words().places.floor}
          choices={floors.value.map(({ name }) => ({ name, text: name }))}
          chosen={floor?.name ?? ""}
          onChoose={showFloor}
        />
      )}
      <Tools />
      <span class="grow" />
      {may("site") && <Saving />}
    </div>
  );
}

/** Draw, move, test; back and forth; snapping. */
export function Tools() {
  const told = words().places;
  const mode = editor.mode.value;
  const steps = editor.steps.value;
  const canEdit = may("site") && editor.draft.value !== null;
  const tool = (name: Mode, text: ComponentChildren, key: string, enabled: boolean) => (
    <Button
      pressed={mode === name}
      keyName={key}
      disabled={!enabled}
      onClick={() => {
        choose(editor, name);
        focusPlan();
      }}
    >
      {text}
    </Button>
  );
  return (
    <fieldset class="row tools" aria-label={told.tools}>
      {may("site") && tool("draw", told.draw, "D", canEdit)}
      {may("site") && tool("move", told.move, "V", canEdit)}
      {tool("test", <Short long={told.test} short={told.testShort} />, "T", true)}
      {may("site") && (
        <>
          <Button
            icon="undo"
            label={told.undo}
            disabled={!steps?.before.length}
            onClick={() => undo(editor)}
          />
          <Button
            icon="redo"
            label={told.redo}
            disabled={!steps?.after.length}
            onClick={() => redo(editor)}
          />
          <Chip
            on={editor.snapping.value}
            onToggle={() => {
              editor.snapping.value = !editor.snapping.value;
            }}
          >
            {editor.snapping.value && <Icon name="tick" />}
            <Short long={told.snap} short={told.snapShort} />
          </Chip>
        </>
      )}
    </fieldset>
  );
}

/** A short word where there is little room. */
function Short({ long, short }: { long: string; short: string }) {
  return (
    <>
      <span class="no-ph">{long}</span>
      <span class="ph-in">{short}</span>
    </>
  );
}

export function focusPlan(): void {
  document.querySelector<HTMLElement>(".surface")?.focus({ preventScroll: true });
}

function Saving() {
  const told = words().places;
  const changes = editor.changes.value;
  const draft = editor.draft.value;
  const canSave = !unwritable.value && changes > 0 && draft?.name.trim() && canBeSaved();
  const isSaved = savedAt.value !== null && changes === 0;
  return (
    <>
      <span class="mut sm no-ph" role="status">
        {isSaved ? words().frame.saved(savedAt.value ?? "") : draft ? told.notSaved(changes) : ""}
      </span>
      <Action primary act={save} busyText={savingText()} disabled={!canSave}>
        {words().frame.save}
      </Action>
    </>
  );
}
