/** Play, speed, zoom, events, and that this is the past. */
import { useComputed } from "@preact/signals";
import { look } from "../../address";
import { useKeys } from "../../keys";
import { Button, Segments } from "../../parts/controls";
import { eventBeside } from "../../past/entries";
import { faster, type Speed } from "../../past/playhead";
import { clock, day, zoneName } from "../../times";
import { words } from "../../words";
import type { PastView } from "./state";

type SpeedName = `${Speed}`;
const NAMES: readonly SpeedName[] = ["1", "5", "20", "60"];

export function Control({ view }: { view: PastView }) {
  const told = words().history;
  useHistoryKeys(view);
  return (
    <div class="row hist-control">
      <Button
        primary
        extra="tall hist-play"
        icon={view.playing.value ? "pause" : "play"}
        label={view.playing.value ? told.pause : told.play}
        onClick={() => view.toggle()}
      />
      <Moment view={view} />
      <Segments
        label={told.speed}
        choices={NAMES.map((name) => ({ name, text: `${name}×` }))}
        chosen={`${view.speed.value}`}
        onChoose={(speed) => look({ speed })}
      />
      <ZoomButtons view={view} />
      <span class="grow no-ph" />
      <EventButtons view={view} />
    </div>
  );
}

function Moment({ view }: { view: PastView }) {
  const time = useComputed(() => clock(view.at.value));
  const date = useComputed(() => `${day(view.at.value)}, ${zoneName(view.at.value)}`);
  return (
    <div class="hist-time">
      <b>{time.value}</b>
      <span class="xs mut">{date.value}</span>
    </div>
  );
}

function ZoomButtons({ view }: { view: PastView }) {
  const told = words().history;
  return (
    <div class="row hist-zoom">
      <Button icon="minus" label={told.zoomOut} onClick={() => view.zoom(2)} />
      <Button icon="plus" label={told.zoomIn} onClick={() => view.zoom(0.5)} />
      <Button onClick={() => view.showPart(view.span.peek())}>{told.wholeSpan}</Button>
    </div>
  );
}

function EventButtons({ view }: { view: PastView }) {
  const told = words().history;
  const before = useComputed(() => eventBeside(view.events.value, view.at.value, -1)?.id);
  const after = useComputed(() => eventBeside(view.events.value, view.at.value, 1)?.id);
  return (
    <div class="row hist-zoom">
      <button
        type="button"
        class="btn"
        aria-label={told.eventBefore}
        disabled={before.value === undefined}
        onClick={() => view.beside(-1)}
      >
        ‹ {told.event}
      </button>
      <button
        type="button"
        class="btn"
        aria-label={told.eventAfter}
        disabled={after.value === undefined}
        onClick={() => view.beside(1)}
      >
        {told.event} ›
      </button>
    </div>
  );
}

function useHistoryKeys(view: PastView): void {
  const tempo = (by: number) => () => look({ speed: faster(view.speed.peek(), by) });
  useKeys({
    " ": (event) => {
      const pressed = event.target instanceof Element ? event.target.closest("button") : null;
      if (pressed) pressed.click();
      else view.toggle();
    },
    ",": () => view.stepBy(-0.005),
    ".": () => view.stepBy(0.005),
    "<": tempo(-1),
    ">": tempo(1),
    "+": () => view.zoom(0.5),
    "=": () => view.zoom(0.5),
    "-": () => view.zoom(2),
    "0": () => view.showPart(view.span.peek()),
    Home: () => view.goTo(view.span.peek().from),
    End: () => view.goTo(view.span.peek().to),
  });
}
