/** The alerts of each floor. */
import { computed } from "@preact/signals";
import { useRef } from "preact/hooks";
import { orderedAlerts } from "../../alarms/store";
import { live, liveTurn, whereIs } from "../../live/live";
import { planAlarms } from "../../plan/alarms";
import { worse } from "../../plan/counts";
import type { PlanAlarm } from "../../plan/types";
import { zoneByName } from "../../site";
import { choices } from "./choices";

/** All open alerts as a plan shows them. */
export const alarms = computed(() => planAlarms(orderedAlerts.value));

/** On which floor an alert stands: where its asset is now, else where it was raised. */
export function floorOf(alarm: PlanAlarm): string | null {
  const now = alarm.asset && live.byName.has(alarm.asset) ? whereIs(alarm.asset)?.floor : null;
  return now ?? (alarm.zone ? (zoneByName.value.get(alarm.zone)?.floor ?? null) : null);
}

/**
 * The alerts of a floor; those on none are of it where it is the only one. The list is the same
 * until something of it changes: a plan draws anew what is new.
 */
export function useAlarmsOn(floor: string | undefined): readonly PlanAlarm[] {
  const last = useRef<readonly PlanAlarm[]>([]);
  const all = alarms.value.filter((each) => isOn(each, floor));
  const { current } = last;
  const isSame = all.length === current.length && all.every((each, at) => each === current[at]);
  if (!isSame) last.current = all;
  return last.current;
}

function isOn(alarm: PlanAlarm, floor: string | undefined): boolean {
  const its = floorOf(alarm);
  return floor !== undefined && (its === floor || (its === null && choices.value.length === 1));
}

const worstByFloor = computed(() => {
  void liveTurn.value;
  const worst = new Map<string, PlanAlarm>();
  for (const alarm of alarms.value) {
    const floor = floorOf(alarm) ?? "";
    worst.set(floor, worse(worst.get(floor), alarm));
  }
  return worst;
});

/** The worst alert of a floor; undefined where there is none. */
export function floorMark(floor: string): PlanAlarm | undefined {
  return worstByFloor.value.get(floor);
}
