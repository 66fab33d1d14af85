/** The plans of the wall: one floor large, another one as counts. */
import { useComputed } from "@preact/signals";
import { RANK } from "../../alarms/order";
import { newCriticals } from "../../alarms/store";
import type { Floor } from "../../api/shape";
import { staleWords } from "../../live/as-of";
import { isLost, isStale } from "../../live/link";
import { tallies, unheard } from "../../live/live";
import { readers } from "../../live/readers";
import { useFloorMarks } from "../../live/use-marks";
import { Plan } from "../../plan/plan";
import { planReaders } from "../../plan/readers";
import { drawnFloor } from "../../plan/site";
import { floors, restricted, zones } from "../../site";
import { words } from "../../words";
import { floorMark, useAlarmsOn } from "../live/floor-mark";
import { useTrail } from "../live/trail";

const NOTHING_HIDDEN: ReadonlySet<string> = new Set();

export function WallPlan({ floor }: { floor: Floor | undefined }) {
  const marks = useFloorMarks(floor, zones.value, NOTHING_HIDDEN);
  const [critical] = newCriticals.value;
  const drawn = floor ? drawnFloor(floor, zones.value) : null;
  const trail = useTrail(critical?.asset ?? null, drawn, "critical");
  const hung = useComputed(() => planReaders(readers.value ?? [], zones.value, floor));
  return (
    <div class="map">
      <Plan
        floor={floor}
        zones={zones.value}
        label={labelOf(floor)}
        marks={marks}
        alarms={useAlarmsOn(floor?.name)}
        trails={trail.value}
        readers={hung.value}
        unheard={unheard.value}
        restricted={restricted.value}
        stale={isStale.value || isLost.value}
        size={1.1}
        enlarged={1.12}
        turned={false}
        still
      />
      <Stale />
    </div>
  );
}

function labelOf(floor: Floor | undefined): string {
  const count = tallies.value.floors.get(floor?.name ?? "")?.all ?? 0;
  return words().live.planOf(floor?.name ?? "", words().live.assetCount(count));
}

function Stale() {
  const stale = staleWords();
  return stale ? <p class="mapmsg">{stale}</p> : null;
}

export function OtherFloor({ shown }: { shown: Floor | undefined }) {
  const other = floors.value.find((floor) => floor !== shown);
  return other ? <Counts floor={other} /> : null;
}

function Counts({ floor }: { floor: Floor }) {
  const told = words().live;
  const marks = useFloorMarks(floor, zones.value, NOTHING_HIDDEN);
  const count = told.assetCount(tallies.value.floors.get(floor.name)?.all ?? 0);
  const worst = floorMark(floor.name);
  const isNew = worst?.state === "new";
  return (
    <div class="wother">
      <div class="wother-plan">
        <Plan
          floor={floor}
          zones={zones.value}
          label={labelOf(floor)}
          marks={marks}
          alarms={useAlarmsOn(floor.name)}
          unheard={unheard.value}
          restricted={restricted.value}
          mode="counts"
          enlarged={1.08}
          turned={false}
          still
          plain
        />
      </div>
      <div class="row btw">
        <span class="sec el">{floor.name}</span>
        <span class="mut nw">
          {count}, {isNew ? told.worst[RANK[worst.severity]] : told.noAlert}
        </span>
      </div>
    </div>
  );
}
