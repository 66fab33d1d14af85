/** The alerts of each floor. */
import { computed } from "@preact/signals";
import { orderedAlerts } from "../../alarms/store";
import { live, liveTurn, whereIs } from "../../live/live";
import { planAlarms } from "../../plan/alarms";
import { worse } from "../../plan/counts";
import type { PlanAlarm } from "../../plan/types";
import { zoneByName } from "../../site";

/** All open alerts as a plan shows them. */
export const alarms = computed(() => planAlarms(orderedAlerts.value));

/** On which floor an alert stands: where its asset is now, else where it was raised. */
export function floorOf(alarm: PlanAlarm): string | null {
  const now = alarm.asset && live.byName.has(alarm.asset) ? whereIs(alarm.asset)?.floor : null;
  return now ?? (alarm.zone ? (zoneByName.value.get(alarm.zone)?.floor ?? null) : null);
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
