/** The first zones, drawn in the editor that the page Zones has. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { CornerTable } from "../../drawing/corner-table";
import { neighboursOf, ROLES } from "../../drawing/draft";
import { choose } from "../../drawing/editor";
import { Surface } from "../../drawing/surface";
import { Action, Button, Field, Pick, savingText } from "../../parts/controls";
import { floors, zones } from "../../site";
import { words } from "../../words";
import { Tools } from "../zones/bar";
import { beginZone, close, editor, entry, fillIn, openZone, save, savedAt } from "../zones/store";
import { canBeSaved, Verdict, wrong } from "../zones/verdict";
import type { StepProps } from ".";

export function ZoneStep({ again }: StepProps) {
  const told = words().setup;
  const floor = floors.value[0];
  const undrawn = zones.value.filter((zone) => zone.shape === null);
  useGround();
  useEffect(() => {
    editor.readOnly.value = false;
    if (undrawn[0]) void openZone(undrawn[0].name).then(() => onFloor(floor?.name));
    else beginZone(floor?.name ?? "");
    choose(editor, "draw");
    return close;
  }, []);
  const drawn = zones.value.filter((zone) => zone.shape !== null);
  return (
    <section class="wizard-zone">
      <div class="wizard-form col">
        <h2>{told.zoneTitle}</h2>
        <p class="sec sm">{told.zoneText}</p>
        {drawn.length > 0 && (
          <p class="sm">{told.zoneThere(drawn.map((zone) => zone.name).join(", "))}</p>
        )}
        <ZoneForm undrawn={undrawn.map(({ name }) => name)} again={again} />
      </div>
      <div class="wizard-plan">
        <div class="wizard-tools">
          <Tools />
        </div>
        <div class="map">
          <Surface
            editor={editor}
            floor={floor}
            zones={zones.value}
            edited={editor.was.value?.name || null}
            onZone={() => undefined}
          />
        </div>
        <p class="unseen" role="status">
          {editor.said}
        </p>
      </div>
    </section>
  );
}

function onFloor(floor: string | undefined): void {
  if (floor && editor.draft.value?.floor === "") fillIn({ floor });
}

function useGround(): void {
  const floor = floors.value[0];
  const was = editor.was.value?.name ?? "";
  useEffect(() => {
    const [width = 100, depth = 100] = floor?.size_m ?? [];
    const neighbours = neighboursOf(zones.value, floor?.name ?? "", was);
    editor.ground.value = { size: [width, depth], neighbours };
  }, [floor, was, zones.value]);
}

function ZoneForm({ undrawn, again }: { undrawn: readonly string[]; again: () => Promise<void> }) {
  const told = words().setup;
  const places = words().places;
  const last = useSignal<string | null>(null);
  const draft = editor.draft.value;
  if (!draft) return null;
  const canSave = editor.changes.value > 0 && draft.name.trim() !== "" && canBeSaved();
  const act = async () => {
    await save();
    if (savedAt.value === null) return;
    last.value = draft.name.trim();
    await again();
  };
  const another = () => {
    last.value = null;
    beginZone(floors.value[0]?.name ?? "");
    choose(editor, "draw");
  };
  return (
    <>
      {undrawn.length > 0 && (
        <Pick
          label={told.zoneWhich}
          value={entry.value?.name ?? ""}
          choices={[
            ...undrawn.map((name) => ({ name, text: name })),
            ...(undrawn.includes(entry.value?.name ?? "") || entry.value === null
              ? []
              : [{ name: entry.value.name ?? "", text: entry.value.name ?? "" }]),
            { name: "", text: told.zoneNew },
          ]}
          onPick={(name) => {
            if (name === "") another();
            else void openZone(name).then(() => onFloor(floors.value[0]?.name));
          }}
        />
      )}
      <div class="two">
        <Field
          label={places.name}
          value={draft.name}
          required
          wrong={wrong("name")}
          onInput={(name) => fillIn({ name })}
        />
        <Pick
          label={places.role}
          value={draft.role}
          choices={ROLES.map((name) => ({ name, text: places.roles[name] }))}
          onPick={(role) => fillIn({ role })}
        />
      </div>
      <p class="xs mut">{places.roleFacts[draft.role]}</p>
      <CornerTable editor={editor} />
      <Verdict />
      <div class="row">
        <Action primary extra="tall" act={act} disabled={!canSave} busyText={savingText()}>
          {told.zoneSave}
        </Action>
        {last.value && (
          <Button extra="tall" onClick={another}>
            {told.zoneAnother}
          </Button>
        )}
      </div>
      <p class="sm" role="status">
        {last.value && told.zoneSaved(last.value)}
      </p>
    </>
  );
}
