/** The plan of Live with what is said over it: stale data, an empty floor, zoom. */
import type { Signal } from "@preact/signals";
import { useComputed } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { evidenceAlert } from "../../alarms/store";
import type { Alert, Floor } from "../../api/shape";
import { staleWords } from "../../live/as-of";
import { nameOf } from "../../live/assets";
import { isLost, isStale } from "../../live/link";
import { unheard, whereIs } from "../../live/live";
import { readers } from "../../live/readers";
import { useFloorMarks } from "../../live/use-marks";
import { Icon } from "../../parts/icon";
import { usePlanKeys } from "../../plan/keys";
import { isPhone } from "../../plan/media";
import { Plan } from "../../plan/plan";
import { planReaders } from "../../plan/readers";
import { drawnFloor } from "../../plan/site";
import type { BoxM, PlanAlarm, PlanHandle } from "../../plan/types";
import { restricted, zones } from "../../site";
import { words } from "../../words";
import {
  floorTitle,
  hidden,
  isFollowing,
  pickAsset,
  pickedAsset,
  showFloor,
  shownFloor,
} from "./choices";
import { evidenceBox } from "./evidence-view";
import { useAlarmsOn } from "./floor-mark";
import { useTrail } from "./trail";

interface PlanViewProps {
  handle: Signal<PlanHandle | null>;
  seen: Signal<BoxM | null>;
}

export function PlanView({ handle, seen }: PlanViewProps) {
  const told = words().live;
  const floor = shownFloor.value;
  const alert = evidenceAlert.value;
  const marks = useFloorMarks(floor, zones.value, hidden.value);
  const drawn = floor ? drawnFloor(floor, zones.value) : null;
  const followed = pickedAsset.value ?? alert?.asset ?? null;
  const trail = useTrail(followed, drawn, pickedAsset.value ? "pick" : (alert?.severity ?? "pick"));
  const all = useAlarmsOn(floor?.name);
  const here = useMemo(() => withNamed(all, alert?.id), [all, alert?.id]);
  const hung = useComputed(() => planReaders(readers.value ?? [], zones.value, shownFloor.value));
  // Once for each alert: then the plan is left to whoever moves it.
  const focus = useMemo(
    () => (alert && floor ? focusOf(alert, floor) : null),
    [alert?.id, floor, zones.value],
  );
  usePlanKeys(handle);
  const count = marks.value ? countShown(marks.value.look) : 0;
  const title = floor ? floorTitle(floor, told.noFloorName) : "";
  return (
    <div class="map">
      <Plan
        floor={floor}
        zones={zones.value}
        label={told.planOf(title, told.assetCount(count))}
        marks={marks}
        alarms={here}
        picked={pickedAsset.value}
        pickedLabel={pickedAsset.value ? nameOf(pickedAsset.value) : ""}
        onPick={pickAsset}
        onFloor={showFloor}
        trails={trail.value}
        readers={hung.value}
        unheard={unheard.value}
        restricted={restricted.value}
        follow={isFollowing.value}
        stale={isStale.value || isLost.value}
        dim={alert !== null}
        mode={modeFor(alert)}
        focus={focus}
        turned={alert === null && isPhone.value && floor !== undefined && isWide(floor)}
        handle={(made) => {
          handle.value = made;
        }}
        onSeen={(box) => {
          seen.value = box;
        }}
      />
      <Said isEmpty={floor !== undefined && marks.value !== null && count === 0} />
      {floor && <Zoom handle={handle} />}
    </div>
  );
}

/** An alert is shown with what is around it, except where it would drown: on a phone. */
function modeFor(alert: Alert | null): "all" | "auto" {
  return alert && !isPhone.value ? "all" : "auto";
}

/** The alert whose evidence is open is named whoever has it. */
function withNamed(all: readonly PlanAlarm[], open: string | undefined): readonly PlanAlarm[] {
  return all.map((each) => (each.id === open ? { ...each, named: true } : each));
}

function focusOf(alert: Alert, floor: Floor): BoxM | null {
  return evidenceBox(
    alert,
    drawnFloor(floor, zones.value),
    whereIs(alert.asset ?? alert.tag ?? ""),
  );
}

function isWide(floor: Floor): boolean {
  const { extent } = drawnFloor(floor, zones.value);
  return extent.right - extent.left > extent.top - extent.bottom;
}

function countShown(look: Uint8Array): number {
  let count = 0;
  for (const each of look) if (each & 1) count += 1;
  return count;
}

/** What is over the plan in words: old data before an empty floor. */
function Said({ isEmpty }: { isEmpty: boolean }) {
  const told = words().live;
  const stale = staleWords();
  if (stale) return <p class="mapmsg">{stale}</p>;
  if (!isEmpty) return null;
  return <p class="mapmsg">{hidden.value.size ? told.filteredAway : told.floorEmpty}</p>;
}

function Zoom({ handle }: { handle: Signal<PlanHandle | null> }) {
  const told = words().live;
  return (
    <div class="zoom">
      <button
        type="button"
        aria-label={told.zoomIn}
        title={`${told.zoomIn} (+)`}
        onClick={() => handle.value?.zoomBy(1)}
      >
        <Icon name="plus" />
      </button>
      <button
        type="button"
        aria-label={told.zoomOut}
        title={`${told.zoomOut} (−)`}
        onClick={() => handle.value?.zoomBy(-1)}
      >
        <Icon name="minus" />
      </button>
      <button
        type="button"
        aria-label={told.whole}
        title={`${told.whole} (0)`}
        onClick={() => handle.value?.showAll()}
      >
        <Icon name="full" />
      </button>
    </div>
  );
}
