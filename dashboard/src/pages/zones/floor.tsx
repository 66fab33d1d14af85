/** The floor: its picture, its size, its scale by two points, and new floors. */
import { type Signal, useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { look } from "../../address";
import { change, path } from "../../api/client";
import type { Floor } from "../../api/shape";
import { choose } from "../../drawing/editor";
import { distance } from "../../drawing/geometry";
import { readEntry, writeEntry } from "../../entries/entry";
import { sayingWhere } from "../../entries/wrong";
import { figure, numberIn } from "../../numbers";
import { Action, Button, Field, savingText } from "../../parts/controls";
import { may } from "../../session";
import { readSite } from "../../site";
import { words } from "../../words";
import { focusPlan } from "./bar";
import { editor } from "./store";

const PLAN_BYTES_MAX = 20_000_000;

export function FloorPart({ floor }: { floor: Floor | undefined }) {
  const told = words().places;
  if (!may("site")) return null;
  return (
    <section class="col floor-part">
      <h3>{told.planHead}</h3>
      {floor && (
        <>
          <PlanUpload floor={floor} />
          <FloorSize floor={floor} />
          <ScaleByPoints floor={floor} />
        </>
      )}
      <NewFloor isFirst={!floor} />
    </section>
  );
}

export function PlanUpload({ floor, done }: { floor: Floor; done?: () => void }) {
  const told = words().places;
  const input = useRef<HTMLInputElement>(null);
  const state = useSignal<{ text: string; wrong: boolean } | null>(null);
  const upload = async () => {
    const file = input.current?.files?.[0];
    if (!input.current || !file) return;
    // The same file can be chosen again once it is mended.
    input.current.value = "";
    if (file.size > PLAN_BYTES_MAX) {
      state.value = { text: told.planTooLarge, wrong: true };
      return;
    }
    state.value = { text: told.planUploading, wrong: false };
    state.value = await sent(floor, file, told.planKept);
    if (!state.value.wrong) done?.();
  };
  return (
    <div class="col">
      <p class="sm sec">{floor.plan ? told.planThere : told.planNone}</p>
      <label class="btn upload">
        {floor.plan ? told.planReplace : told.planUpload}
        <input
          ref={input}
          type="file"
          class="unseen"
          accept="image/png,image/jpeg,image/webp"
          onChange={upload}
        />
      </label>
      <p class="xs mut">{told.planHint}</p>
      {state.value && (
        <p class={state.value.wrong ? "said wrong" : "said"} role="status">
          {state.value.text}
        </p>
      )}
    </div>
  );
}

async function sent(floor: Floor, file: File, kept: string) {
  try {
    await change(path`floors/${floor.name}/plan`, { verb: "PUT", body: file });
    await readSite();
    return { text: kept, wrong: false };
  } catch (error) {
    return { text: error instanceof Error ? error.message : String(error), wrong: true };
  }
}

/** Write another size into the entry of a floor. Throws RefusedError. */
export async function saveSize(floor: string, size_m: readonly [number, number]): Promise<void> {
  const read = await readEntry("floors", floor);
  await sayingWhere(writeEntry({ ...read, settings: { ...read.settings, size_m } }));
  await readSite();
}

function FloorSize({ floor }: { floor: Floor }) {
  const told = words().places;
  const [wide, deep] = floor.size_m;
  const width = useSignal(String(wide));
  const depth = useSignal(String(deep));
  const size = [numberIn(width.value), numberIn(depth.value)] as const;
  const isOther = size[0] !== wide || size[1] !== deep;
  return (
    <div class="col">
      <SizeFields width={width} depth={depth} />
      {isOther && (
        <Action
          act={() => saveSize(floor.name, size)}
          busyText={savingText()}
          disabled={!size.every(isSide)}
        >
          {told.saveSize}
        </Action>
      )}
    </div>
  );
}

function SizeFields({ width, depth }: { width: Signal<string>; depth: Signal<string> }) {
  const told = words().places;
  const side = (label: string, text: Signal<string>) => (
    <Field
      label={label}
      value={text.value}
      inputMode="decimal"
      wrong={isSide(numberIn(text.value)) ? undefined : told.sideWrong}
      onInput={(value) => {
        text.value = value;
      }}
    />
  );
  return (
    <div class="two">
      {side(told.floorWidth, width)}
      {side(told.floorDepth, depth)}
    </div>
  );
}

const SIDE_M_MAX = 100_000;

/** Whether a floor can be as long. */
function isSide(side: number): boolean {
  return Number.isFinite(side) && side > 0 && side <= SIDE_M_MAX;
}

/** Mark two points, say how far apart they are, and the floor gets its size by it. */
function ScaleByPoints({ floor }: { floor: Floor }) {
  const told = words().places;
  const length = useSignal("");
  const begin = () => {
    choose(editor, "scale");
    focusPlan();
  };
  if (editor.mode.value !== "scale") return <Button onClick={begin}>{told.scale}</Button>;
  const [first, second] = editor.marks.value;
  const size = first && second ? scaled(floor, distance(first, second), length.value) : null;
  const save = async () => {
    if (size) await saveSize(floor.name, size);
    choose(editor, "move");
  };
  return (
    <div class="col card" role="status">
      <p class="sm">{first ? (second ? told.scaleHow : told.scaleSecond) : told.scaleFirst}</p>
      {second && (
        <Field
          label={told.scaleLength}
          value={length.value}
          inputMode="decimal"
          wrong={length.value.trim() && !size ? told.sideWrong : undefined}
          onInput={(value) => {
            length.value = value;
          }}
        />
      )}
      {size && (
        <p class="sm sec">
          {told.scaleResult(sizeText(size))} {told.scaleZones}
        </p>
      )}
      <div class="row">
        <Action primary act={save} disabled={!size} busyText={savingText()}>
          {told.scaleSave}
        </Action>
        <Button onClick={() => choose(editor, "move")}>{words().frame.cancel}</Button>
      </div>
    </div>
  );
}

/** The floor's size, if what is `drawn_m` apart on it is really as long as the text says. */
export function scaled(
  floor: Floor,
  drawn_m: number,
  text: string,
): readonly [number, number] | null {
  const share = numberIn(text) / drawn_m;
  const [wide = 0, deep = 0] = floor.size_m;
  const size = [wide, deep].map((side) => Math.round(side * share * 100) / 100);
  return size.every(isSide) ? [size[0] ?? 0, size[1] ?? 0] : null;
}

function sizeText(size: readonly number[]): string {
  return size.map(figure).join(" × ");
}

export function NewFloor({ isFirst, done }: { isFirst: boolean; done?: (name: string) => void }) {
  const told = words().places;
  const isOpen = useSignal(isFirst);
  const name = useSignal("");
  const width = useSignal("60");
  const depth = useSignal("40");
  const size = [numberIn(width.value), numberIn(depth.value)];
  const add = async () => {
    const settings = { name: name.value.trim(), size_m: size };
    await sayingWhere(writeEntry({ part: "floors", name: null, settings, etag: null }));
    await readSite();
    isOpen.value = false;
    if (done) done(settings.name);
    else look({ floor: settings.name, zone: null, new: null });
  };
  if (!isOpen.value) {
    return (
      <Button
        icon="plus"
        onClick={() => {
          isOpen.value = true;
        }}
      >
        {told.newFloor}
      </Button>
    );
  }
  return (
    <div class="col">
      <Field
        label={told.floorName}
        value={name.value}
        onInput={(value) => {
          name.value = value;
        }}
      />
      <SizeFields width={width} depth={depth} />
      <Action
        act={add}
        primary={isFirst}
        busyText={savingText()}
        disabled={!name.value.trim() || !size.every(isSide)}
      >
        {told.addFloor}
      </Action>
    </div>
  );
}
