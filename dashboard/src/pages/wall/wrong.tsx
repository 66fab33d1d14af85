/** What is wrong, in the order in which it must be seen to; or that all is quiet, with a proof. */
import { AlertList, CutOff } from "../../alarms/panel";
import { alertPlace, alertSentence } from "../../alarms/sentence";
import { isRead, newCriticals, orderedAlerts } from "../../alarms/store";
import type { Alert } from "../../api/shape";
import { assetById } from "../../live/assets";
import { dataAgeMs } from "../../live/link";
import { readerFigures } from "../../live/readers";
import { AlertSymbol } from "../../parts/symbol";
import { beat, msOf, nowMs, span } from "../../times";
import { words } from "../../words";

/** More rows would not be read from across the room. */
const ROWS_MAX = 6;

export function Wrong() {
  const [critical] = newCriticals.value;
  const others = orderedAlerts.value.filter(({ id }) => id !== critical?.id);
  const rest = others.length - ROWS_MAX;
  return (
    <div class="wrong">
      {critical && <Critical alert={critical} />}
      <CutOff />
      <AlertList alerts={others.slice(0, ROWS_MAX)} compact quiet />
      {rest > 0 && <p class="wmore mut">{words().live.wall.more(rest)}</p>}
      {isRead.value && orderedAlerts.value.length === 0 && <Quiet />}
    </div>
  );
}

function Critical({ alert }: { alert: Alert }) {
  void beat.value;
  const told = words().live.wall;
  const owner = alert.asset === null ? "" : assetById.value.get(alert.asset)?.owner;
  return (
    <div class="wcrit">
      <AlertSymbol severity="critical" large />
      <div>
        <div class="crit b">{told.critical(span(nowMs() - msOf(alert.raised_at)))}</div>
        <div class="t">{alertSentence(alert)}</div>
        <div class="sec where">
          {alertPlace(alert)}
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
      <span class="sec">{told.quietProof(told.of(answering, all), span(dataAgeMs()))}</span>
    </div>
  );
}
