/** The plan at a moment: where the picked assets were, and the way that led there. */
import { computed, effect, type ReadonlySignal, useComputed, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { asked, look } from "../../address";
import { assetById, nameOf } from "../../live/assets";
import { Segments } from "../../parts/controls";
import { alertsAt } from "../../past/entries";
import { runsOn, type Step, stepsOf, trailPart, whereAt } from "../../past/moment";
import { marksOf, type Placed } from "../../plan/marks";
import { Seats } from "../../plan/places";
import { Plan } from "../../plan/plan";
import { shapeOf } from "../../plan/shapes";
import { type DrawnFloor, drawnFloor } from "../../plan/site";
import type { Marks, PlanAlarm, Trail, TrailPoint } from "../../plan/types";
import { floors, zoneByName, zones } from "../../site";
import { minute } from "../../times";
import { words } from "../../words";
import type { PastView } from "./state";

const floorOf = (zone: string): string | null => zoneByName.value.get(zone)?.floor ?? null;

/** The floor that was asked for, else where the first asset was, else the first. */
function useFloor(view: PastView) {
  const name = useComputed(() => {
    const wanted = asked("floor");
    if (wanted !== null && floors.value.some((each) => each.name === wanted)) return wanted;
    const past = view.pasts.value.find(({ asset }) => asset === view.first.value);
    const zone = past && whereAt(past, view.at.value)?.zone;
    return (zone && floorOf(zone)) || floors.value[0]?.name;
  });
  return floors.value.find((each) => each.name === name.value);
}

export function PlanThen({ view }: { view: PastView }) {
  const floor = useFloor(view);
  const drawn = floor ? drawnFloor(floor, zones.value) : null;
  const marks = useMarks(view, drawn);
  const trails = useTrails(view, drawn);
  const alarms = useAlarms(view);
  return (
    <div class="hist-plan">
      <div class="map">
        <Plan
          floor={floor}
          zones={zones.value}
          label={`${words().frame.pages.history}, ${floor?.name ?? ""}`}
          marks={marks}
          picked={view.first.value}
          pickedLabel={view.first.value === null ? "" : nameOf(view.first.value)}
          onPick={(id) => id !== null && look({ pick: id })}
          trails={trails.value}
          alarms={alarms.value}
          mode="all"
          noCounts
        />
      </div>
      {floors.value.length > 1 && (
        <div class="hist-floors">
          <Segments
            label={words().history.floor}
            choices={floors.value.map(({ name }) => ({ name, text: name }))}
            chosen={floor?.name ?? ""}
            onChoose={(name) => look({ floor: name })}
          />
        </div>
      )}
    </div>
  );
}

function useMarks(view: PastView, floor: DrawnFloor | null): ReadonlySignal<Marks | null> {
  const made = useSignal<Marks | null>(null);
  const seats = useMemo(() => new Map<string, Seats>(), [floor]);
  useEffect(() => {
    if (!floor) return;
    return effect(() => {
      const list = view.pasts.value.flatMap((past) => {
        const where = whereAt(past, view.at.value);
        if (!where?.zone) return [];
        const index = floor.zones.findIndex(({ name }) => name === where.zone);
        const zone = floor.zones[index];
        if (!zone?.outline) return [];
        const seat = seats.get(zone.name) ?? new Seats(zone.outline);
        seats.set(zone.name, seat);
        const place = where.fix ?? seat.place(past.asset);
        const placed: Placed = {
          name: past.asset,
          x: place.x,
          y: place.y,
          shape: shapeOf(assetById.value.get(past.asset)?.category ?? ""),
          lastKnown: where.lastKnown,
          zone: index,
        };
        return [placed];
      });
      made.value = marksOf(list, made.peek() ?? undefined);
    });
  }, [view, floor, seats, made]);
  return made;
}

/** Alerts stand at their assets for a while after they were raised, as they were then: new. */
function useAlarms(view: PastView): ReadonlySignal<readonly PlanAlarm[]> {
  const key = useComputed(() =>
    alertsAt(view.pasts.value, view.at.value)
      .map(({ id }) => id)
      .join(),
  );
  return useComputed(() => {
    void key.value;
    return alertsAt(view.pasts.value, view.at.peek()).map(({ id, severity, asset, to }) => ({
      id,
      severity,
      asset,
      zone: to,
      state: "new" as const,
    }));
  });
}

const NONE: readonly Trail[] = [];

function useTrails(view: PastView, floor: DrawnFloor | null): ReadonlySignal<readonly Trail[]> {
  return useMemo(() => {
    if (!floor) return computed(() => NONE);
    const middles = new Map(floor.zones.map(({ name, middle }) => [name, middle]));
    const steps = computed(() =>
      view.pasts.value.map((past) => ({ asset: past.asset, steps: stepsOf(past) })),
    );
    const key = computed(() =>
      steps.value
        .map(
          (each) =>
            trailPart(each.steps, view.at.value).length && lastOf(each.steps, view.at.value),
        )
        .join(),
    );
    return computed(() => {
      void key.value;
      const moment = view.at.peek();
      return steps.value
        .flatMap(({ asset, steps: all }) => {
          const isFirst = asset === view.first.value;
          return runsOn(trailPart(all, moment), floor.name, floorOf).map((run) => ({
            colour: "pick" as const,
            points: pointsOf(run, middles, isFirst),
          }));
        })
        .filter(({ points }) => points.length > 1);
    });
  }, [view, floor]);
}

function lastOf(steps: readonly Step[], moment: number): string {
  const part = trailPart(steps, moment);
  return `${part[0]?.timeMs}-${part.at(-1)?.timeMs}`;
}

type Run = ReturnType<typeof runsOn>[number];

function pointsOf(
  run: Run,
  middles: ReadonlyMap<string, DrawnFloor["zones"][number]["middle"]>,
  isNamed: boolean,
): TrailPoint[] {
  const told = words().history;
  let before: string | null = null;
  const points = run.steps.flatMap((step): TrailPoint[] => {
    const at = step.fix ?? (step.zone === null ? null : middles.get(step.zone));
    if (!at) return [];
    const isNew = step.zone !== null && step.zone !== before;
    before = step.zone ?? before;
    const point = { x: at.x, y: at.y, timeMs: step.timeMs, inZone: step.fix === null };
    return [isNew && isNamed ? { ...point, label: `${minute(step.timeMs)} ${step.zone}` } : point];
  });
  const [first, last] = [points[0], points.at(-1)];
  if (first && run.cameFrom) {
    points[0] = { ...first, label: `${minute(first.timeMs)} ${told.fromFloor(run.cameFrom)}` };
  }
  if (last && run.leftFor) {
    points[points.length - 1] = {
      ...last,
      label: `${minute(last.timeMs)} ${told.toFloor(run.leftFor)}`,
    };
  }
  return points;
}
