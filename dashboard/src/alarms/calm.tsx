/** Nothing is open: one tick, one sentence with proof of life, one way on. */

import { page } from "../address";
import { readerFigures, readers, useReaders } from "../live/readers";
import { Icon } from "../parts/icon";
import { beat, msOf, nowMs, span } from "../times";
import { words } from "../words";

export function Calm() {
  const told = words().alarms;
  return (
    <div class="empty calm">
      <Icon name="tick" />
      <h2>{told.none}</h2>
      <ProofOfLife />
      {page.value !== "live" && (
        <a class="btn" href="/live">
          {told.toLive}
        </a>
      )}
    </div>
  );
}

function ProofOfLife() {
  useReaders();
  void beat.value;
  const told = words().alarms;
  if (!readers.value) return <p class="mut">{words().frame.loading}</p>;
  const { all, answering } = readerFigures.value;
  const reads = readers.value.flatMap(({ last_read }) => (last_read ? [msOf(last_read)] : []));
  const text =
    reads.length > 0
      ? told.proofOfLife(answering, all, span(nowMs() - Math.max(...reads)))
      : told.noReads(answering, all);
  return <p>{text}</p>;
}
