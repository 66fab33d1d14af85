/** The open alerts as a list: for the side of Live, the phone, the wall. */
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { addressTo } from "../address";
import type { Alert } from "../api/shape";
import { AlertSymbol } from "../parts/symbol";
import { clock } from "../times";
import { words } from "../words";
import { Calm } from "./calm";
import { foldedByRule, foldOf, GROUPS, groupOf, type Held, settle, symbolStateOf } from "./order";
import { AlertRow } from "./row";
import { alarmLink, isRead, listRefusal, orderedAlerts, pickedAlert } from "./store";

/** Head and list of all that is open. `compact`: without the state line. */
export function AlertPanel({ compact }: { compact?: boolean }) {
  const alerts = orderedAlerts.value;
  return (
    <section class="panel" aria-label={words().alarms.title}>
      <header class="hd">
        <h2>
          {words().alarms.title} <span class="mut">{isRead.value ? alerts.length : ""}</span>
        </h2>
        <a class="xs sec plainlink" href={addressTo("alerts")}>
          {words().alarms.open}
        </a>
      </header>
      <CutOff />
      {isRead.value && alerts.length === 0 ? (
        <Calm />
      ) : (
        <AlertList alerts={alerts} compact={compact} />
      )}
    </section>
  );
}

/** Says that the alarms are cut off, or their list is not told; the rows stay as they were. */
export function CutOff() {
  const why = cutOff();
  if (why === null) {
    return isRead.value ? null : <p class="cutoff mut">{words().alarms.listLoading}</p>;
  }
  return (
    <p class="cutoff">
      <AlertSymbol severity="warning" />
      {why}
    </p>
  );
}

function cutOff(): string | null {
  const { state, sinceMs } = alarmLink.value;
  const told = words().alarms;
  if (state === "lost") return told.listLost(clock(sinceMs));
  return listRefusal.value === null ? null : told.listNotTold(listRefusal.value);
}

interface AlertListProps {
  alerts: readonly Alert[];
  compact?: boolean | undefined;
  quiet?: boolean | undefined;
}

/** Rows in order, by group; a row stays in its place while the pointer or the focus is on it. */
export function AlertList({ alerts, compact, quiet }: AlertListProps) {
  const opened = useSignal<ReadonlySet<string>>(new Set());
  const { settled, hold } = useSettled(alerts);
  return (
    <div class="list" {...hold}>
      {GROUPS.map((group) => {
        const mine = settled.filter((alert) => groupOf(alert) === group);
        if (mine.length === 0) return null;
        const rows = foldedByRule(mine, opened.value, pickedAlert.value);
        return (
          <section key={group} aria-label={words().alarms.groups[group]}>
            {group !== "new" && (
              <h3 class="grp">{`${words().alarms.groups[group]} ${mine.length}`}</h3>
            )}
            <ul>
              {rows.map(({ alert, more }) =>
                more === undefined ? (
                  <AlertRow key={alert.id} alert={alert} compact={compact} quiet={quiet} />
                ) : (
                  <MoreRow
                    key={foldOf(alert)}
                    alert={alert}
                    more={more}
                    quiet={quiet}
                    onOpen={() => {
                      opened.value = new Set([...opened.value, foldOf(alert)]);
                    }}
                  />
                ),
              )}
            </ul>
          </section>
        );
      })}
    </div>
  );
}

interface MoreRowProps {
  alert: Alert;
  more: number;
  quiet: boolean | undefined;
  onOpen: () => void;
}

function MoreRow({ alert, more, quiet, onOpen }: MoreRowProps) {
  const text = words().alarms.moreOfRule(more);
  return (
    <li class="al folded" data-more={more}>
      <AlertSymbol severity={alert.severity} state={symbolStateOf(alert)} />
      <div>
        {quiet ? (
          text
        ) : (
          <button type="button" class="whole" onClick={onOpen}>
            {text}
          </button>
        )}
        <div class="x el">{alert.rule}</div>
      </div>
    </li>
  );
}

/** The order on the screen: as wanted, but for the row that a hand or the focus is on. */
export function useSettled(wanted: readonly Alert[]) {
  const pointed = useRef<string | null>(null);
  const focused = useRef<string | null>(null);
  const shown = useRef<readonly Alert[]>([]);
  const id = pointed.current ?? focused.current;
  const place = shown.current.findIndex((alert) => alert.id === id);
  const held: Held | null = id !== null && place >= 0 ? { id, place } : null;
  const settled = settle(wanted, held);
  shown.current = settled;
  return {
    settled,
    hold: {
      onPointerOver: (event: PointerEvent) => {
        pointed.current = event.pointerType === "touch" ? null : rowOf(event.target);
      },
      onPointerLeave: () => {
        pointed.current = null;
      },
      onFocusIn: (event: FocusEvent) => {
        focused.current = rowOf(event.target);
      },
      onFocusOut: () => {
        focused.current = null;
      },
    },
  };
}

function rowOf(target: EventTarget | null): string | null {
  const row = target instanceof Element ? target.closest("[data-alert]") : null;
  return row?.getAttribute("data-alert") ?? null;
}
