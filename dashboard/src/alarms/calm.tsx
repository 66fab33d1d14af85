/** Nothing is open: one tick, one sentence with proof of life, one way on. */

import { page } from "../address";
import { ask } from "../api/client";
import type { Reader } from "../api/shape";
import { Icon } from "../parts/icon";
import { useLoaded } from "../parts/loaded";
import { beat, msOf, nowMs, span } from "../times";
import { words } from "../words";

const EVERY_MS = 5000;

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
  const { value, failed } = useLoaded(
    (signal) => ask<{ items: Reader[] }>("readers", { limit: 1000 }, signal),
    "readers",
    EVERY_MS,
  );
  void beat.value;
  const told = words().alarms;
  if (failed.value !== null) return <p>{words().frame.failed(failed.value)}</p>;
  const readers = value.value?.items;
  if (!readers) return <p class="mut">{words().frame.loading}</p>;
  const answering = readers.filter(({ state }) => state === "online").length;
  const reads = readers.flatMap(({ last_read }) => (last_read ? [msOf(last_read)] : []));
  const text =
    reads.length > 0
      ? told.proofOfLife(answering, readers.length, span(nowMs() - Math.max(...reads)))
      : told.noReads(answering, readers.length);
  return <p>{text}</p>;
}
