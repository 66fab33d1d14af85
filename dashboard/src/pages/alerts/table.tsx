/** The alerts as a table by group; on a phone each is a card. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { beginAcknowledging } from "../../alarms/acknowledging";
import {
  type AlertGroup,
  foldedByRule,
  foldOf,
  groupOf,
  isNew,
  symbolStateOf,
} from "../../alarms/order";
import { alertPlace, alertSentence, stateWords } from "../../alarms/sentence";
import { pick, pickedAlert } from "../../alarms/store";
import { canAcknowledge, canClose, canUnshelve, mayHandle, unshelve } from "../../alarms/verbs";
import type { Alert } from "../../api/shape";
import { Action, Button } from "../../parts/controls";
import { AlertSymbol } from "../../parts/symbol";
import { ago, when } from "../../times";
import { words } from "../../words";

interface AlertTableProps {
  /** `undefined` while they load. */
  groups: readonly { group: AlertGroup; alerts: readonly Alert[] }[] | undefined;
  failed: string | null;
  onRetry: (() => void) | undefined;
  onClear: (() => void) | undefined;
}

export function AlertTable({ groups, failed, onRetry, onClear }: AlertTableProps) {
  const opened = useSignal<ReadonlySet<string>>(new Set());
  const told = words().frame;
  if (failed !== null) {
    return (
      <Empty text={told.failed(failed)}>
        {onRetry && <Button onClick={onRetry}>{told.tryAgain}</Button>}
      </Empty>
    );
  }
  if (groups?.length === 0) {
    return (
      <Empty text={words().alarms.noneHere}>
        {onClear && <Button onClick={onClear}>{told.clearFilters}</Button>}
      </Empty>
    );
  }
  const open = (fold: string) => {
    opened.value = new Set([...opened.value, fold]);
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section class="tbl cards" tabIndex={0} aria-label={words().alarms.page.caption}>
      <table class="alerttable" aria-busy={groups === undefined}>
        <caption class="unseen">{words().alarms.page.caption}</caption>
        <Heads />
        {groups ? (
          groups.map((each) => (
            <Group key={each.group} {...each} opened={opened.value} onOpen={open} />
          ))
        ) : (
          <Awaited />
        )}
      </table>
    </section>
  );
}

function Empty({ text, children }: { text: string; children?: ComponentChildren }) {
  return (
    <div class="tbl empty">
      <h2>{text}</h2>
      {children}
    </div>
  );
}

function Heads() {
  const told = words().alarms.page;
  return (
    <thead>
      <tr>
        {[told.alert, told.severity, told.rule, told.since, told.who].map((head) => (
          <th key={head} scope="col">
            {head}
          </th>
        ))}
        <th scope="col">
          <span class="unseen">{told.act}</span>
        </th>
      </tr>
    </thead>
  );
}

function Awaited() {
  return (
    <tbody>
      {[1, 2, 3, 4].map((row) => (
        <tr key={row} class="awaited">
          <td colSpan={6}>
            <i />
          </td>
        </tr>
      ))}
    </tbody>
  );
}

interface GroupProps {
  group: AlertGroup;
  alerts: readonly Alert[];
  opened: ReadonlySet<string>;
  onOpen: (fold: string) => void;
}

function Group({ group, alerts, opened, onOpen }: GroupProps) {
  const rows = foldedByRule(alerts, opened, pickedAlert.value);
  return (
    <tbody>
      <tr class="g">
        <th scope="rowgroup" colSpan={6}>
          {words().alarms.groups[group]} <span class="mut">{alerts.length}</span>
        </th>
      </tr>
      {rows.map(({ alert, more }) =>
        more === undefined ? (
          <Row key={alert.id} alert={alert} />
        ) : (
          <tr key={foldOf(alert)} class="fold">
            <td colSpan={6} class="w">
              <Button ghost icon="plus" onClick={() => onOpen(foldOf(alert))}>
                {words().alarms.moreOfRule(more)}
              </Button>
              <span class="mut"> {alert.rule}</span>
            </td>
          </tr>
        ),
      )}
    </tbody>
  );
}

function Row({ alert }: { alert: Alert }) {
  const isPicked = pickedAlert.value === alert.id;
  const isHot = isNew(alert) && alert.severity === "critical";
  return (
    <tr
      class={`${isHot ? "hot" : ""} ${isPicked ? "on" : ""}`.trim()}
      data-alert={alert.id}
      onClick={() => pick(isPicked ? null : alert.id)}
    >
      <td class="w o0">
        <span class="row">
          <AlertSymbol severity={alert.severity} state={symbolStateOf(alert)} />
          <span class="what">
            <button
              type="button"
              class={isNew(alert) ? "linkish b" : "linkish"}
              aria-expanded={isPicked}
              onClick={(event) => {
                event.stopPropagation();
                pick(isPicked ? null : alert.id);
              }}
            >
              {alertSentence(alert)}
            </button>
            <span class="mut">{alertPlace(alert)}</span>
          </span>
        </span>
      </td>
      <td class="h">{words().alarms.severities[alert.severity]}</td>
      <td class="h rulecell">{alert.rule}</td>
      <td class="nw o1">
        {when(alert.time)}
        <br class="no-ph" />
        <span class="ph-in">, </span>
        <span class="mut">{ago(alert.time)}</span>
      </td>
      <td class="w o3">
        <Who alert={alert} />
      </td>
      <td class="r o2">
        <RowVerb alert={alert} />
      </td>
    </tr>
  );
}

/** Who has it and what they said; that it is late, or over and not seen. */
function Who({ alert }: { alert: Alert }) {
  const told = words().alarms;
  const note = groupOf(alert) === "aside" ? alert.shelved?.reason : alert.acknowledged?.note;
  const isPlain = alert.state === "active_unacknowledged";
  return (
    <>
      <span class={isPlain ? "mut" : ""}>
        {isPlain ? (alert.assignee ?? told.page.nobody) : stateWords(alert)}
      </span>
      {note && <div class="mut">{note}</div>}
      {alert.late && <div class="mut">{told.late(when(alert.time), when(alert.raised_at))}</div>}
    </>
  );
}

/** What is next to be done about it, if we may. */
function RowVerb({ alert }: { alert: Alert }) {
  const told = words().alarms;
  if (!mayHandle()) return null;
  const does = (act: () => void) => (event: MouseEvent) => {
    event.stopPropagation();
    act();
  };
  if (canAcknowledge(alert)) {
    return (
      <Button
        primary={alert.severity === "critical"}
        label={told.acknowledgeNamed(alertSentence(alert))}
        onClick={does(() => beginAcknowledging(alert))}
      >
        {told.acknowledge}
      </Button>
    );
  }
  if (canUnshelve(alert)) return <Action act={() => unshelve(alert.id)}>{told.unshelve}</Action>;
  if (!canClose(alert)) return null;
  return (
    <Button
      label={`${told.closeTitle}: ${alertSentence(alert)}`}
      onClick={does(() => pick(alert.id))}
    >
      {told.close}
    </Button>
  );
}
