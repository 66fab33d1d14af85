/** What is wrong, in the order in which it must be seen to; or that all is quiet, with a proof. */

import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { AlertList, CutOff } from "../../alarms/panel";
import { alertPlace, alertSentence, stateWords } from "../../alarms/sentence";
import { isRead, newCriticals, orderedAlerts } from "../../alarms/store";
import type { Alert } from "../../api/shape";
import { assetById } from "../../live/assets";
import { dataAgeMs } from "../../live/link";
import { readerFigures, readers } from "../../live/readers";
import { AlertSymbol } from "../../parts/symbol";
import { beat, msOf, nowMs, span } from "../../times";
import { words } from "../../words";
import { wholeRows } from "./whole-rows";

/** No wall is so high that more would go in; what is beyond is counted. */
const ROWS_MAX = 40;

export function Wrong() {
  const column = useRef<HTMLDivElement>(null);
  const [critical] = newCriticals.value;
  const others = orderedAlerts.value.filter(({ id }) => id !== critical?.id);
  const beyond = Math.max(others.length - ROWS_MAX, 0);
  const rest = useWholeRows(column, beyond);
  return (
    <div class="wrong" ref={column}>
      {critical && <Critical alert={critical} />}
      <CutOff />
      <AlertList alerts={others.slice(0, ROWS_MAX)} compact quiet />
      <p class={rest > 0 ? "wmore" : "wmore is-none"}>{words().live.wall.more(rest)}</p>
      {isRead.value && orderedAlerts.value.length === 0 && <Quiet />}
    </div>
  );
}

/** Hides rows that do not go in whole; answers of how many alerts they tell. */
function useWholeRows(ref: RefObject<HTMLDivElement | null>, beyond: number): number {
  const rest = useSignal(0);
  const look = () => {
    if (ref.current) rest.value = hideCutRows(ref.current) + beyond;
  };
  const newest = useRef(look);
  newest.current = look;
  useLayoutEffect(look);
  useLayoutEffect(() => {
    if (!ref.current) return;
    const observer = new ResizeObserver(() => newest.current());
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return rest.value;
}

function hideCutRows(column: HTMLElement): number {
  const rows = [...column.querySelectorAll<HTMLElement>("li.al")];
  const parts = [...column.querySelectorAll<HTMLElement>(".list > section")];
  for (const each of [...rows, ...parts]) each.hidden = false;
  const { top, height } = column.getBoundingClientRect();
  const foot = column.querySelector<HTMLElement>(".wmore")?.offsetHeight ?? 0;
  const edges = rows.map((row) => ({
    bottom: row.getBoundingClientRect().bottom - top,
    tells: Number(row.dataset["more"] ?? 1),
  }));
  const { shown, rest } = wholeRows(edges, height, foot);
  for (const row of rows.slice(shown)) row.hidden = true;
  for (const part of parts) part.hidden = part.querySelector("li.al:not([hidden])") === null;
  return rest;
}

function Critical({ alert }: { alert: Alert }) {
  void beat.value;
  const told = words().live.wall;
  const owner = alert.asset === null ? "" : assetById.value.get(alert.asset)?.owner;
  return (
    <div class="wcrit">
      <AlertSymbol severity="critical" large />
      <div>
        <div class="crit b">{told.critical(span(nowMs() - msOf(alert.time)))}</div>
        <div class="t">{alertSentence(alert)}</div>
        <div class="sec where">
          {alertPlace(alert)}
          {alert.state === "returned_unacknowledged" && (
            <>
              <br />
              {stateWords(alert)}
            </>
          )}
          {owner && (
            <>
              <br />
              {told.held(owner)}
            </>
          )}
        </div>
      </div>
    </div>
  );
}

function Quiet() {
  void beat.value;
  const told = words().live.wall;
  const { answering, all } = readerFigures.value;
  return (
    <div class="wquiet">
      <b>{told.quiet}</b>
      {readers.value && (
        <span class="sec">{told.quietProof(told.of(answering, all), span(dataAgeMs()))}</span>
      )}
    </div>
  );
}
