/** Zones: what is drawn on each floor, and the editor in which it is drawn. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asked, look } from "../../address";
import type { Floor } from "../../api/shape";
import { neighboursOf } from "../../drawing/draft";
import { choose } from "../../drawing/editor";
import { Surface } from "../../drawing/surface";
import { keepReaders } from "../../live/readers";
import { sayRefusal } from "../../parts/controls";
import { Failed } from "../../parts/table";
import { may } from "../../session";
import { floors, isSiteKnown, readSite, zoneByName, zones } from "../../site";
import { ZonesBar } from "./bar";
import { Dialogs } from "./dialogs";
import { guarded, guardPage } from "./guard";
import { planReaders } from "./readers";
import { ZonesSide } from "./side";
import {
  beginZone,
  check,
  close,
  editor,
  lookAtFile,
  openZone,
  problems,
  theirRing,
} from "./store";
import { canBeSaved } from "./verdict";

const CHECK_MS = 700;

export function Page() {
  const { failed, again } = useSite();
  const floor = chosenFloor();
  useGround(floor);
  useOpened(floor);
  useChecks();
  useEffect(guardPage, []);
  if (failed) return <Failed text={failed} onRetry={again} />;
  return (
    <>
      <ZonesBar floor={floor} />
      <div class="live zones">
        <section class="stage">
          <div class="map">
            <Surface
              editor={editor}
              floor={floor}
              zones={zones.value}
              edited={editor.was.value?.name || null}
              readers={planReaders(floor?.name)}
              theirs={theirRing()}
              onZone={(zone) => zone && showZone(zone)}
            />
          </div>
        </section>
        <ZonesSide floor={floor} />
      </div>
      <p class="unseen" role="status">
        {editor.said}
      </p>
      <Dialogs />
    </>
  );
}

/** The floor that the zone is being drawn on, else of the address, of the picked zone, the first. */
export function chosenFloor(): Floor | undefined {
  const zone = zoneByName.value.get(asked("zone") ?? "");
  const name = editor.draft.value?.floor || (asked("floor") ?? zone?.floor);
  return floors.value.find((floor) => floor.name === name) ?? floors.value[0];
}

/** Show a zone; what is not saved of another one is asked about. */
export function showZone(name: string): void {
  if (name === editor.was.value?.name) return;
  guarded(() => look({ zone: name, new: null }, true));
}

function useSite(): { failed: string | null; again: () => Promise<void> } {
  const failed = useSignal<string | null>(null);
  const again = async () => {
    try {
      await Promise.all([readSite(), lookAtFile()]);
      failed.value = null;
    } catch (error) {
      failed.value = sayRefusal(error);
    }
  };
  useEffect(() => {
    void again();
    const end = keepReaders();
    return () => {
      end();
      close();
    };
  }, []);
  return { failed: failed.value, again };
}

/** The ground follows the floor that the draft is on. */
function useGround(shown: Floor | undefined): void {
  const draft = editor.draft.value;
  const floor = floors.value.find((each) => each.name === draft?.floor) ?? shown;
  const was = editor.was.value?.name ?? "";
  useEffect(() => {
    const [width = 100, depth = 100] = floor?.size_m ?? [];
    editor.ground.value = {
      size: [width, depth],
      neighbours: neighboursOf(zones.value, floor?.name ?? "", was),
    };
    editor.readOnly.value = !may("site");
  }, [floor, was, zones.value]);
}

/** What the address asks for is opened; nothing else opens or closes a zone. */
function useOpened(floor: Floor | undefined): void {
  const zone = asked("zone");
  // Begun before the floors are known, it would lie on all of them.
  const isNew = asked("new") !== null && isSiteKnown.value;
  const isThere = zone !== null && zoneByName.value.has(zone);
  useEffect(() => {
    if (isNew) {
      if (!may("site")) return;
      beginZone(floor?.name ?? "");
      choose(editor, "draw");
    } else if (!isThere) close();
    else if (zone !== editor.was.value?.name) {
      choose(editor, "move");
      void openZone(zone);
    }
  }, [zone, isNew, isThere]);
}

/** The gateway is asked what it thinks of a change, once nothing has changed for a moment. */
function useChecks(): void {
  const draft = editor.draft.value;
  const isFit = canBeSaved();
  useEffect(() => {
    const isWhole = draft?.name.trim() && isFit;
    if (!isWhole) problems.value = new Map();
    if (!isWhole || !may("site")) return;
    const timer = setTimeout(() => void check(), CHECK_MS);
    return () => clearTimeout(timer);
  }, [draft, isFit]);
}
