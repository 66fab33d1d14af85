/** An alert as a row: its symbol, what happened, where, how it stands, how old it is. */
import { addressTo, page } from "../address";
import type { Alert } from "../api/shape";
import { Button } from "../parts/controls";
import { AlertSymbol } from "../parts/symbol";
import { ago, beat, msOf, nowMs, span, when } from "../times";
import { words } from "../words";
import { beginAcknowledging } from "./acknowledging";
import { groupOf, isNew, symbolStateOf } from "./order";
import { alertPlace, alertSentence, stateWords } from "./sentence";
import { pick, pickedAlert, showsEvidence } from "./store";
import { canAcknowledge, mayHandle } from "./verbs";

interface AlertRowProps {
  alert: Alert;
  /** Without buttons and links: the wall. */
  quiet?: boolean | undefined;
  compact?: boolean | undefined;
}

export function AlertRow({ alert, quiet, compact }: AlertRowProps) {
  const isPicked = pickedAlert.value === alert.id && !quiet;
  const isHot = isNew(alert) && alert.severity === "critical";
  const look = ["al", !isNew(alert) && "done", isHot && "hot", isPicked && "on"];
  const told = words().alarms;
  return (
    <li class={look.filter(Boolean).join(" ")} data-alert={alert.id}>
      <AlertSymbol severity={alert.severity} state={symbolStateOf(alert)} />
      <div class="says">
        <div class="t">
          {quiet ? alertSentence(alert) : <RowLink alert={alert} isPicked={isPicked} />}
        </div>
        {!(compact && isChanged(alert)) && <div class="x">{alertPlace(alert)}</div>}
        {(!compact || isChanged(alert)) && <RowState alert={alert} />}
        {!quiet && canAcknowledge(alert) && mayHandle() && (
          <Button
            icon="tick"
            extra="take"
            label={told.acknowledgeNamed(alertSentence(alert))}
            onClick={() => beginAcknowledging(alert)}
          >
            {told.acknowledge}
          </Button>
        )}
      </div>
      <Age alert={alert} />
    </li>
  );
}

function RowLink({ alert, isPicked }: { alert: Alert; isPicked: boolean }) {
  const here = showsEvidence();
  const show = (event: MouseEvent) => {
    if (!here || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    pick(alert.id);
  };
  const target = here ? page.value : "live";
  return (
    <a
      class="whole"
      href={addressTo(target, { alert: alert.id })}
      aria-current={isPicked ? "true" : undefined}
      onClick={show}
    >
      {alertSentence(alert)}
    </a>
  );
}

/** Somebody has it, or it is over: where there is one line only, that is what it says. */
function isChanged({ state }: Alert): boolean {
  return state !== "active_unacknowledged";
}

/** Who has it and what they said; that it is over and nobody saw it; when it became known, if late. */
export function RowState({ alert }: { alert: Alert }) {
  const told = words().alarms;
  const said = groupOf(alert) === "aside" ? alert.shelved?.reason : alert.acknowledged?.note;
  return (
    <>
      {isChanged(alert) && (
        <div class="x">
          {stateWords(alert)}
          {said ? `: ${said}` : ""}
        </div>
      )}
      {alert.late && <div class="x">{told.late(when(alert.time), when(alert.raised_at))}</div>}
      {alert.assignee !== null && (
        <div class="x">
          {told.assignee} {alert.assignee}
        </div>
      )}
    </>
  );
}

function Age({ alert }: { alert: Alert }) {
  void beat.value;
  const age = nowMs() - msOf(alert.time);
  return (
    <span class="a" title={when(alert.time)}>
      {age < 48 * 3_600_000 ? span(age) : ago(alert.time)}
    </span>
  );
}
