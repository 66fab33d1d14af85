/** Open alerts as they stand on a plan. */
import { symbolStateOf } from "../alarms/order";
import { shortName } from "../alarms/sentence";
import type { Alert } from "../api/shape";
import type { PlanAlarm } from "./types";

/** In the order given; the first is drawn last, above the others. */
export function planAlarms(alerts: Iterable<Alert>): PlanAlarm[] {
  return [...alerts]
    .map((alert) => ({
      id: alert.id,
      severity: alert.severity,
      state: symbolStateOf(alert),
      asset: alert.asset ?? alert.tag,
      zone: alert.to ?? alert.zones[0] ?? alert.from,
      label: shortName(alert),
    }))
    .reverse();
}
