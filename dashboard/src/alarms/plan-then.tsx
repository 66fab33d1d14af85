import type { Alert } from "../api/shape";
import { words } from "../words";
import { Part } from "./evidence-parts";

/** What the plan looked like when the alert was raised. */
export function PlanThen({ alert }: { alert: Alert }) {
  const told = words().alarms.evidence;
  void alert;
  return (
    <Part title={told.planThen} name="p-plan">
      <p class="mut sm">{told.noPlan}</p>
    </Part>
  );
}
