/** The first zones, drawn in the editor that the page Zones has. */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Floor } from "../../api/shape";
import { CornerTable } from "../../drawing/corner-table";
import { differences, neighboursOf, ROLES } from "../../drawing/draft";
import { choose } from "../../drawing/editor";
import { Surface } from "../../drawing/surface";
import { Action, Button, Field, Pick, savingText } from "../../parts/controls";
import { floors, zones } from "../../site";
import { words } from "../../words";
import { Tools } from "../zones/bar";
import { Dialogs } from "../zones/dialogs";
import { guarded, guardPage } from "../zones/guard";
import {
  beginZone,
  close,
  editor,
  entry,
  fillIn,
  openZone,
  save,
  savedAt,
  theirRing,
} from "../zones/store";
import { canBeSaved, Verdict, wrong } from "../zones/verdict";
import type { StepProps } from ".";

export function ZoneStep({ again }: StepProps) {
  const floor = floorOfDraft();
  const last = useSignal<string | null>(null);
  const isOpen = editor.draft.value !== null;
  useGround(floor);
  useEffect(() => {
    if (!isOpen) begin();
  }, [isOpen]);
  useEffect(() => close, []);
  useEffect(() => guardPage(isDrawing), []);
  const another = () => {
    last.value = null;
    beginZone(floor?.name ?? "");
    choose(editor, "draw");
  };
  return (
    <section class="wizard-zone">
      <WhatZone onAnother={another} />
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
            theirs={theirRing()}
            onZone={() => undefined}
          />
        </div>
        <p class="unseen" role="status">
          {editor.said}
        </p>
      </div>
      <SaveZone last={last} again={again} onAnother={another} />
      <Dialogs />
    </section>
  );
}

/** The floor that the zone is on, else the first. */
function floorOfDraft(): Floor | undefined {
  const name = editor.draft.value?.floor;
  return floors.value.find((floor) => floor.name === name) ?? floors.value[0];
}

/** Begin with a zone that nobody has drawn, else with a new one. */
function begin(): void {
  const undrawn = zones.value.find((zone) => zone.shape === null);
  editor.readOnly.value = false;
  if (undrawn) openOnFloor(undrawn.name);
  else beginZone(floors.value[0]?.name ?? "");
  choose(editor, "draw");
}

function openOnFloor(name: string): void {
  void openZone(name);
  const floor = floors.value[0]?.name;
  if (floor && editor.draft.value?.floor === "") fillIn({ floor });
}

/** Whether corners would be lost; what is quickly typed again keeps nobody back. */
function isDrawing(): boolean {
  const [was, draft] = [editor.was.value, editor.draft.value];
  return was !== null && draft !== null && differences(was, draft).includes("outline");
}

function useGround(floor: Floor | undefined): void {
  const was = editor.was.value?.name ?? "";
  useEffect(() => {
    const [width = 100, depth = 100] = floor?.size_m ?? [];
    const neighbours = neighboursOf(zones.value, floor?.name ?? "", was);
    editor.ground.value = { size: [width, depth], neighbours };
  }, [floor, was, zones.value]);
}

/** What it is, before it is drawn. */
function WhatZone({ onAnother }: { onAnother: () => void }) {
  const told = words().setup;
  const places = words().places;
  const draft = editor.draft.value;
  const drawn = zones.value.filter((zone) => zone.shape !== null);
  return (
    <div class="wizard-form col">
      <h2>{told.zoneTitle}</h2>
      <p class="sec sm">{told.zoneText}</p>
      {drawn.length > 0 && (
        <p class="sm">{told.zoneThere(drawn.map((zone) => zone.name).join(", "))}</p>
      )}
      <WhichZone onAnother={onAnother} />
      {draft && (
        <>
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
        </>
      )}
    </div>
  );
}

/** Zones that the file names and nobody has drawn. */
function WhichZone({ onAnother }: { onAnother: () => void }) {
  const told = words().setup;
  const undrawn = zones.value.filter((zone) => zone.shape === null).map(({ name }) => name);
  const now = entry.value?.name ?? "";
  if (undrawn.length === 0) return null;
  const known = undrawn.includes(now) || now === "" ? undrawn : [...undrawn, now];
  return (
    <Pick
      label={told.zoneWhich}
      value={now}
      choices={[...known.map((name) => ({ name, text: name })), { name: "", text: told.zoneNew }]}
      onPick={(name) => {
        guarded(() => (name === "" ? onAnother() : openOnFloor(name)));
      }}
    />
  );
}

interface SaveZoneProps {
  /** The zone that was saved last, until another one is begun. */
  last: Signal<string | null>;
  again: () => Promise<void>;
  onAnother: () => void;
}

/** Its corners in figures, what is wrong with them, and the saving. */
function SaveZone({ last, again, onAnother }: SaveZoneProps) {
  const told = words().setup;
  const draft = editor.draft.value;
  if (!draft) return null;
  const isDrawn = draft.outline.corners.length > 0;
  const canSave = isDrawn && editor.changes.value > 0 && draft.name.trim() !== "" && canBeSaved();
  const act = async () => {
    await save();
    if (savedAt.value === null) return;
    last.value = draft.name.trim();
    await again();
  };
  return (
    <div class="wizard-form col">
      <CornerTable editor={editor} />
      <Verdict />
      <div class="row">
        <Action primary extra="tall" act={act} disabled={!canSave} busyText={savingText()}>
          {told.zoneSave}
        </Action>
        {last.value && (
          <Button extra="tall" onClick={() => guarded(onAnother)}>
            {told.zoneAnother}
          </Button>
        )}
      </div>
      <p class="sm" role="status">
        {last.value && told.zoneSaved(last.value)}
      </p>
    </div>
  );
}
