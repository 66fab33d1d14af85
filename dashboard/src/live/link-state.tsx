/** Whether the pages are live, and how old what they show is. */
import { useEffect } from "preact/hooks";
import { AlertSymbol } from "../parts/symbol";
import { beat, span } from "../times";
import { words } from "../words";
import { heardClock, nextTryWords } from "./as-of";
import { ageOf } from "./connection";
import { dataAgeMs, link } from "./link";
import { startLive } from "./start";

/** Live, slow, stale or lost: in words, with the age, since when, and when the next try comes. */
export function LinkState() {
  useEffect(startLive, []);
  void beat.value;
  const told = words().live.link;
  const { state } = link.value;
  const age = dataAgeMs();
  if (state === "lost") {
    const next = nextTryWords();
    return (
      <span class="link stale">
        <AlertSymbol severity="warning" />
        <span>
          {/* Since when is told once; the next try would be told each second. */}
          <span role="status">
            {told.lost} <b>{heardClock()}</b>
          </span>
          <span class="no-ph">, {next === null ? told.trying : told.nextTry(next)}</span>
        </span>
      </span>
    );
  }
  if (state === "connecting") {
    return (
      <span class="link" role="status">
        <i class="hollow" />
        {told.connecting}
      </span>
    );
  }
  return <Age age={age} />;
}

function Age({ age }: { age: number }) {
  const told = words().live.link;
  const kind = ageOf(age);
  if (kind === "stale") {
    return (
      <span class="link stale">
        <AlertSymbol severity="warning" />
        <span>{told.stale(span(age))}</span>
        <span class="unseen" role="status">
          {words().live.staleSince(heardClock())}
        </span>
      </span>
    );
  }
  return (
    <span class={`link is-${kind}`}>
      <i />
      {/* The word is told once; the age would be told each second. */}
      <span role="status">{kind === "slow" ? told.slow : told.live}</span>
      <b>{span(age)}</b>
    </span>
  );
}
