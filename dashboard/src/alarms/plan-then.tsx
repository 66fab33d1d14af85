/** What the plan looked like when the alert was raised: who was where, as the history tells it. */
import { signal, useComputed } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask } from "../api/client";
import type { Alert, Floor, Shape, Zone } from "../api/shape";
import { useLoaded } from "../parts/loaded";
import type { Marks } from "../plan/types";
import { floors, zoneByName, zones } from "../site";
import { clock } from "../times";
import { words } from "../words";
import { Part } from "./evidence-parts";
import { symbolStateOf } from "./order";
import { shortName } from "./sentence";

type Drawing = typeof import("./plan-drawing");
type Position = Shape<"TagPosition">;

const POSITIONS_MAX = 1000;
/** The plan's code is loaded when evidence is first shown; a newer gateway no longer has the old one. */
const drawing = signal<Drawing | "gone" | null>(null);

async function loadDrawing(): Promise<void> {
  drawing.value = await import("./plan-drawing").catch(() => "gone" as const);
}

export function PlanThen({ alert }: { alert: Alert }) {
  const told = words().alarms.evidence;
  useEffect(() => {
    if (drawing.peek() === null || drawing.peek() === "gone") void loadDrawing();
  }, []);
  const places = placesOf(alert);
  const floor = floors.value.find(({ name }) => places.some((zone) => zone.floor === name));
  return (
    <Part title={told.planThen} hint={clock(alert.time)} name="p-plan">
      {floor ? <Drawn alert={alert} floor={floor} /> : <p class="mut sm">{told.noPlan}</p>}
    </Part>
  );
}

function Drawn({ alert, floor }: { alert: Alert; floor: Floor }) {
  const draw = drawing.value;
  if (draw === "gone") return <p class="mut sm">{words().alarms.evidence.planGone}</p>;
  return <div class="planthen">{draw && <Then alert={alert} floor={floor} draw={draw} />}</div>;
}

/** The zones of the alert that are drawn somewhere; where it went to goes before. */
function placesOf(alert: Alert): Zone[] {
  const names = [alert.to, alert.from, ...alert.zones];
  return names
    .flatMap((name) => (name === null ? [] : [zoneByName.value.get(name)]))
    .filter((zone): zone is Zone => zone !== undefined && zone.floor !== null);
}

function Then({ alert, floor, draw }: { alert: Alert; floor: Floor; draw: Drawing }) {
  const told = words().alarms.evidence;
  const { value, failed } = useLoaded(async (ending) => {
    const query = { as_of: alert.time, limit: POSITIONS_MAX };
    return (await ask<{ items: Position[] }>("positions", query, ending)).items;
  }, `${alert.id} ${alert.time}`);
  const marks = useComputed<Marks | null>(() =>
    value.value ? draw.marksThen(value.value, floor.name, zones.value) : null,
  );
  const { Plan } = draw;
  return (
    <Plan
      floor={floor}
      zones={zones.value}
      label={told.planOf(floor.name)}
      marks={marks}
      alarms={[
        {
          id: alert.id,
          severity: alert.severity,
          state: symbolStateOf(alert),
          asset: null,
          zone: alert.to ?? alert.from ?? alert.zones[0] ?? null,
          label: shortName(alert),
        },
      ]}
      focus={draw.focusOf(
        placesOf(alert).filter((zone) => zone.floor === floor.name),
        floor,
      )}
      still
      dim
      mode="all"
    >
      {failed.value !== null && <p class="planfail sm">{told.failed(failed.value)}</p>}
    </Plan>
  );
}
