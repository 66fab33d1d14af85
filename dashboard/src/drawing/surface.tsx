/** The plan on which a zone is drawn, by pointer, finger or keys. */
import { useComputed } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import type { Floor, Zone } from "../api/shape";
import { useKeys } from "../keys";
import { Plan } from "../plan/plan";
import type { PlanHandle, PlanReader } from "../plan/types";
import { words } from "../words";
import { choose, type Editor, type Mode, pickNext, redo, undo } from "./editor";
import type { Ring } from "./geometry";
import { follow, press } from "./keying";
import { layersOf } from "./layers";
import { Pointing } from "./pointing";

interface SurfaceProps {
  editor: Editor;
  floor: Floor | undefined;
  /** Zones of the site; the edited one is drawn by the editor. */
  zones: readonly Zone[];
  /** The name of the edited zone as it is in the site file. */
  edited: string | null;
  readers?: readonly PlanReader[];
  theirs?: Ring;
  onZone: (zone: string | null) => void;
}

const NO_RING: Ring = [];
const NO_READERS: readonly PlanReader[] = [];

export function Surface(props: SurfaceProps) {
  const { editor, floor, zones, edited } = props;
  const told = words().places;
  const plan = useRef<PlanHandle | null>(null);
  const surface = useRef<HTMLDivElement>(null);
  const onZone = useRef(props.onZone);
  onZone.current = props.onZone;
  const pointing = useMemo(
    () =>
      new Pointing(
        editor,
        () => plan.current,
        (zone) => onZone.current(zone),
      ),
    [editor],
  );
  useEditorKeys(editor, surface, plan);
  const layers = useLayers(editor, props.theirs ?? NO_RING);
  const others = useMemo(() => zones.filter((zone) => zone.name !== edited), [zones, edited]);
  return (
    <div
      ref={surface}
      class={`in surface is-${editor.mode.value}`}
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: keys draw on it
      tabIndex={0}
      aria-label={told.surface(floor?.name ?? "")}
      aria-describedby="surface-keys"
      onPointerDown={() => surface.current?.focus({ preventScroll: true })}
      onKeyDown={(event) => {
        if (!press(editor, event, plan.current)) return;
        event.preventDefault();
        event.stopPropagation();
      }}
    >
      <p id="surface-keys" class="unseen">
        {editor.readOnly.value ? told.modes.test.said : told.surfaceKeys}
      </p>
      <Plan
        floor={floor}
        zones={others}
        label={told.surface(floor?.name ?? "")}
        mode="bare"
        layers={layers.value}
        readers={props.readers ?? NO_READERS}
        onPointer={(pointer) => pointing.take(pointer)}
        handle={(handle) => {
          plan.current = handle;
        }}
      />
    </div>
  );
}

function useLayers(editor: Editor, theirs: Ring) {
  const compared = useRef(theirs);
  compared.current = theirs;
  return useComputed(() => {
    const draft = editor.draft.value;
    return layersOf({
      name: draft?.name ?? "",
      outline: draft?.outline ?? { corners: [], picked: null },
      isWrong: (editor.verdict.value?.fault ?? "few") === "crossing",
      mode: editor.mode.value,
      readOnly: editor.readOnly.value,
      cursor: editor.cursor.value,
      tested: editor.tested.value,
      marks: editor.marks.value,
      guides: editor.guides.value,
      theirs: compared.current,
    });
  });
}

type Surfaced = { current: HTMLElement | null };

/** Keys that work wherever the focus is, unless somebody types. They bring the focus to the plan. */
function useEditorKeys(editor: Editor, surface: Surfaced, plan: { current: PlanHandle | null }) {
  const focus = () => surface.current?.focus({ preventScroll: true });
  const to = (mode: Mode) => () => {
    if (mode === "draw" && (editor.readOnly.value || !editor.draft.value)) return;
    choose(editor, mode);
    focus();
  };
  useKeys({
    d: to("draw"),
    v: to("move"),
    t: to("test"),
    n: (event) => {
      if (editor.mode.value !== "move") choose(editor, "move");
      pickNext(editor, event.shiftKey ? -1 : 1);
      follow(editor, plan.current);
      focus();
    },
    "Ctrl Z": () => undo(editor),
    "Ctrl Shift Z": () => redo(editor),
    "Ctrl Y": () => redo(editor),
    "+": () => plan.current?.zoomBy(1),
    "-": () => plan.current?.zoomBy(-1),
    "0": () => plan.current?.showAll(),
  });
}
