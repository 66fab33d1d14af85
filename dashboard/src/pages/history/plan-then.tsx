/** The plan at a moment: where the picked assets were, and the way that led there. */
import { computed, effect, type ReadonlySignal, useComputed, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { asked, go, look } from "../../address";
import { assetById, nameOf } from "../../live/assets";
import { Button, Segments } from "../../parts/controls";
import { alertsAt } from "../../past/entries";
import { whereAt } from "../../past/moment";
import { trailsOn } from "../../past/trail";
import { type Step, stepsOf, thinned, trailPart } from "../../past/way";
import { marksOf, type Placed } from "../../plan/marks";
import { Seats } from "../../plan/places";
import { Plan } from "../../plan/plan";
import { shapeOf } from "../../plan/shapes";
import { type DrawnFloor, drawnFloor } from "../../plan/site";
import type { Marks, PlanAlarm, Trail } from "../../plan/types";
import { floors, zoneByName, zones } from "../../site";
import { words } from "../../words";
import type { PastView } from "./state";

const floorOf = (zone: string): string | null => zoneByName.value.get(zone)?.floor ?? null;

/** At this speed a glide of 200 ms would be seconds late. */
const FAST = 20;

/** The floor that was asked for, else where the first asset was, else the first. */
function useFloor(view: PastView) {
  const its = useComputed(() => {
    const past = view.pasts.value.find(({ asset }) => asset === view.first.value);
    const zone = past && whereAt(past, view.at.value)?.zone;
    return (zone && floorOf(zone)) || floors.value[0]?.name;
  });
  const wanted = asked("floor");
  const floor =
    floors.value.find(({ name }) => name === wanted) ??
    floors.value.find(({ name }) => name === its.value);
  // Who follows the way to where the asset was then goes on with it from there.
  const onFloor = (name: string) => look({ floor: name === its.peek() ? null : name });
  return { floor, onFloor };
}

export function PlanThen({ view }: { view: PastView }) {
  const { floor, onFloor } = useFloor(view);
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
          onFloor={onFloor}
          alarms={alarms.value}
          mode="all"
          prompt={view.playing.value && view.speed.value >= FAST}
          noCounts
        />
      </div>
      <div class="hist-floors">
        {floors.value.length > 1 && (
          <Segments
            label={words().history.floor}
            choices={floors.value.map(({ name }) => ({ name, text: name }))}
            chosen={floor?.name ?? ""}
            onChoose={(name) => look({ floor: name })}
          />
        )}
        <FloorLink trails={trails.value} onFloor={onFloor} />
        <span class="grow" />
        <span class="sm sec">{words().history.past}</span>
        <Button onClick={() => go("live")}>{words().history.backToLive}</Button>
      </div>
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

/** The ways of all picked assets; they are made anew when a step comes to or leaves the half hour. */
function useTrails(view: PastView, floor: DrawnFloor | null): ReadonlySignal<readonly Trail[]> {
  return useMemo(() => {
    if (!floor) return computed(() => NONE);
    const ways = computed(() =>
      view.pasts.value.map((past) => ({ asset: past.asset, steps: thinned(stepsOf(past)) })),
    );
    const key = computed(() => ways.value.map(({ steps }) => keyOf(steps, view.at.value)).join());
    return computed(() => {
      void key.value;
      const moment = view.at.peek();
      const first = view.first.value;
      return ways.value.flatMap(({ asset, steps }) => {
        const look = {
          asset,
          colour: asset === first ? "pick" : "other",
          isNamed: asset === first,
        } as const;
        return trailsOn(trailPart(steps, moment), floor, look);
      });
    });
  }, [view, floor]);
}

function keyOf(steps: readonly Step[], moment: number): string {
  const part = trailPart(steps, moment);
  return `${part[0]?.timeMs}-${part.at(-1)?.timeMs}`;
}

/** The newest place where the picked asset's way leaves this floor, for who does not use the plan. */
function FloorLink({
  trails,
  onFloor,
}: {
  trails: readonly Trail[];
  onFloor: (to: string) => void;
}) {
  const ends = trails
    .filter(({ colour }) => colour === "pick")
    .flatMap(({ points }) => points.filter(({ leadsTo }) => leadsTo !== undefined));
  const newest = ends.at(-1);
  const floor = newest?.leadsTo;
  if (floor === undefined) return null;
  return (
    <Button extra="no-ph" icon="arrow" onClick={() => onFloor(floor)}>
      {newest?.label}
    </Button>
  );
}
