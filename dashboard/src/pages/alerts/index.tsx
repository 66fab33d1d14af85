/** What is mine to do: all open alerts by group, those that were closed, and how often it called. */
import { useEffect, useMemo } from "preact/hooks";
import { asked, look } from "../../address";
import { Calm } from "../../alarms/calm";
import { Evidence } from "../../alarms/evidence";
import { GROUPS, groupOf } from "../../alarms/order";
import { CutOff, useSettled } from "../../alarms/panel";
import { evidenceAlert, isRead, orderedAlerts, pickBeside, pickedAlert } from "../../alarms/store";
import { download } from "../../api/client";
import type { Alert } from "../../api/shape";
import { useKeys } from "../../keys";
import { Action, Button, Segments } from "../../parts/controls";
import { hour, nowMs, siteZone } from "../../times";
import { words } from "../../words";
import { useClosed } from "./closed";
import { AlertFigures } from "./figures";
import { Filters } from "./filter-bar";
import { type AlertFilter, filterOf, isNarrowed, passes, queryOf, sinceOf } from "./filters";
import { AlertTable } from "./table";
import { Timeline } from "./timeline";

export function Page() {
  const filter = filterOf(asked);
  const sinceMs = useMemo(
    () => sinceOf(filter.span, nowMs(), siteZone.value),
    [filter.span, siteZone.value, hour.value],
  );
  const closed = useClosed(filter, sinceMs);
  const isPicked = pickedAlert.value !== null && evidenceAlert.value !== null;
  return (
    <>
      <Bar filter={filter} sinceMs={sinceMs} />
      <div class={isPicked ? "alertpage picked" : "alertpage"}>
        <div class="page">
          <AlertFigures span={filter.span} sinceMs={sinceMs} />
          <CutOff />
          {filter.tab === "open" ? (
            <Open filter={filter} />
          ) : (
            <Listed alerts={closed.alerts} closed={closed} filter={filter} />
          )}
          <Timeline closed={closed.alerts ?? []} filter={filter} sinceMs={sinceMs} />
          <p class="xs mut">{words().alarms.page.footer(closed.countText)}</p>
        </div>
        {isPicked && evidenceAlert.value && <Side alert={evidenceAlert.value} />}
      </div>
    </>
  );
}

function Side({ alert }: { alert: Alert }) {
  return (
    <aside class="side">
      <Evidence alert={alert} />
    </aside>
  );
}

function Bar({ filter, sinceMs }: { filter: AlertFilter; sinceMs: number }) {
  const told = words().alarms.page;
  const open = orderedAlerts.value.filter((alert) => passes(filter, alert)).length;
  return (
    <div class="bar wrap">
      <h1>{words().alarms.pageTitle}</h1>
      <Segments
        label={words().alarms.pageTitle}
        choices={[
          { name: "open", text: told.open, ...(isRead.value ? { count: open } : {}) },
          { name: "closed", text: told.closed },
        ]}
        chosen={filter.tab}
        onChoose={(tab) =>
          look({ show: tab === "open" ? null : tab, state: null, alert: null }, true)
        }
      />
      <span class="grow" />
      <Filters filter={filter} />
      <Action act={() => download("alerts", queryOf(filter, sinceMs), "alerts.csv")}>
        {words().frame.exportAs}
      </Action>
    </div>
  );
}

function Open({ filter }: { filter: AlertFilter }) {
  const all = orderedAlerts.value;
  const mine = all.filter((alert) => passes(filter, alert));
  if (isRead.value && all.length === 0) {
    return (
      <div class="tbl">
        <Calm />
      </div>
    );
  }
  return <Listed alerts={isRead.value ? mine : undefined} filter={filter} />;
}

interface ListedProps {
  alerts: readonly Alert[] | undefined;
  filter: AlertFilter;
  closed?: ReturnType<typeof useClosed>;
}

function Listed({ alerts, filter, closed }: ListedProps) {
  const { settled, hold } = useSettled(alerts ?? []);
  useKeys({ j: () => pickBeside(1, settled), k: () => pickBeside(-1, settled) });
  usePickedInView();
  const groups = GROUPS.map((group) => ({
    group,
    alerts: settled.filter((alert) => groupOf(alert) === group),
  })).filter((each) => each.alerts.length > 0);
  return (
    <div {...hold}>
      <AlertTable
        groups={alerts && groups}
        failed={closed?.failed ?? null}
        onRetry={closed?.again}
        onClear={
          isNarrowed(filter)
            ? () => look({ severity: null, state: null, rule: null, zone: null })
            : undefined
        }
      />
      {closed?.more && (
        <div class="more">
          <Button onClick={closed.more}>{words().frame.loadMore}</Button>
        </div>
      )}
    </div>
  );
}

/** The picked row is scrolled to, without moving anything where it is seen. */
function usePickedInView(): void {
  const id = pickedAlert.value;
  useEffect(() => {
    if (id === null) return;
    document
      .querySelector(`tr[data-alert="${CSS.escape(id)}"]`)
      ?.scrollIntoView({ block: "nearest" });
  }, [id]);
}
