/** What happened up to the moment that is shown, the newest first. */
import { useComputed, useSignal } from "@preact/signals";
import { nameOf } from "../../live/assets";
import { Button } from "../../parts/controls";
import { AlertSymbol } from "../../parts/symbol";
import { countUpTo, type PastEvent } from "../../past/entries";
import { eventWords } from "../../past/event-words";
import { clock, when } from "../../times";
import { words } from "../../words";
import type { PastView } from "./state";

const STEP = 60;

export function EventList({ view }: { view: PastView }) {
  const told = words().history;
  const most = useSignal(STEP);
  const count = useComputed(() => countUpTo(view.events.value, view.at.value));
  const shown = useComputed(() =>
    view.events.value.slice(Math.max(0, count.value - most.value), count.value).reverse(),
  );
  return (
    <aside class="side hist-side" aria-label={told.newestFirst}>
      <div class="hd">
        <h2 class="el">
          <Title view={view} />
        </h2>
        <span class="xs mut">{told.newestFirst}</span>
      </div>
      <ul class="hist-events">
        {shown.value.map((event, index) => (
          <Row key={event.id} event={event} view={view} isNewest={index === 0} />
        ))}
      </ul>
      {count.value === 0 && !view.loading.value && <p class="mut sm hist-none">{told.noEvents}</p>}
      {count.value > most.value && (
        <div class="more">
          <Button
            onClick={() => {
              most.value += STEP;
            }}
          >
            {told.earlier}
          </Button>
        </div>
      )}
    </aside>
  );
}

function Title({ view }: { view: PastView }) {
  const told = words().history;
  const time = useComputed(() => clock(view.at.value));
  const [first = "", ...others] = view.assets.value;
  return others.length
    ? told.allUpTo(others.length + 1, time.value)
    : told.upTo(nameOf(first), time.value);
}

function Row({ event, view, isNewest }: { event: PastEvent; view: PastView; isNewest: boolean }) {
  const { head, rest } = eventWords(event);
  const look = ["al", event.severity === "critical" && "hot", isNewest && "on"];
  const isOne = view.assets.value.length === 1;
  return (
    <li class={look.filter(Boolean).join(" ")} aria-current={isNewest ? "time" : undefined}>
      <button
        type="button"
        class="plain hist-event"
        title={words().history.zoomEvent}
        onClick={() => view.zoomTo(event)}
      >
        <span class="a sm">{when(event.timeMs)}</span>
        <span class="col-0">
          <span class="row">
            {event.severity && <AlertSymbol severity={event.severity} />}
            <span>{head}</span>
          </span>
          <span class="x mut">
            {[isOne || event.what.type === "alert" ? "" : nameOf(event.asset), rest]
              .filter(Boolean)
              .join(", ")}
          </span>
        </span>
      </button>
    </li>
  );
}
