/** The timeline: ticks, a lane an asset, the playhead; it zooms by wheel, pinch, keys and buttons. */
import { useSignalEffect } from "@preact/signals";
import { useCallback, useEffect, useMemo, useRef } from "preact/hooks";
import { assetById, nameOf } from "../../live/assets";
import { offsetIn } from "../../moments";
import { type Draw, useCanvas } from "../../parts/use-canvas";
import { barWords } from "../../past/event-words";
import { drawLanes, drawOverview, LANE, xOf } from "../../past/lane-painter";
import { lengthOf, tickStep, ticksOf } from "../../past/span";
import { isPhone } from "../../plan/media";
import { palette } from "../../plan/palette";
import { clock, day, minute, siteZone, span as spanWords, zoneName } from "../../times";
import { words } from "../../words";
import { dragPart, listenTo } from "./pointing";
import type { PastView } from "./state";

const DAY_MS = 86_400_000;

export function Timeline({ view }: { view: PastView }) {
  return (
    <div class="tl">
      <div />
      <Ticks view={view} />
      <Heads view={view} />
      <Lanes view={view} />
      <span class="mut xs no-ph tl-shown">
        {words().history.shows(spanWords(lengthOf(view.part.value)))}
      </span>
      <Overview view={view} />
    </div>
  );
}

function Ticks({ view }: { view: PastView }) {
  const zone = siteZone.value;
  const offsetOf = useMemo(() => offsetIn(zone), [zone]);
  const part = view.part.value;
  const most = isPhone.value ? 3 : 8;
  const step = tickStep(part, most);
  const says = step < 60_000 ? clock : step < DAY_MS ? minute : day;
  return (
    <div class="ticks tl-ticks" aria-hidden="true">
      {ticksOf(part, most, offsetOf).map((moment) => (
        <Tick key={moment} share={(moment - part.from) / lengthOf(part)} text={says(moment)} />
      ))}
    </div>
  );
}

function Tick({ share, text }: { share: number; text: string }) {
  const ref = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (ref.current) ref.current.style.left = `${share * 100}%`;
  }, [share]);
  return share > 0.96 || share < 0.02 ? null : <span ref={ref}>{text}</span>;
}

function Heads({ view }: { view: PastView }) {
  return (
    <ul class="tl-heads">
      {view.assets.value.map((id) => (
        <li key={id} class="row">
          <a class="el" href={`/asset?id=${encodeURIComponent(id)}`} title={nameOf(id)}>
            <b class="sm">{nameOf(id)}</b>{" "}
            <span class="mut xs no-ph">{assetById.value.get(id)?.category}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function Lanes({ view }: { view: PastView }) {
  const told = words().history;
  const box = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const draw = useCallback<Draw>(
    (context, { width, unit }) => {
      const byAsset = new Map(view.pasts.value.map((past) => [past.asset, past]));
      drawLanes(context, {
        pasts: view.assets.value.map((asset) => byAsset.get(asset) ?? null),
        part: view.part.value,
        first: view.first.value,
        width,
        unit,
        palette: palette.value,
        label: barWords,
        waits: view.loading.value ? words().history.waits : "",
      });
    },
    [view],
  );
  const canvas = useCanvas(draw);
  const count = view.assets.value.length;
  useEffect(() => {
    if (box.current) box.current.style.height = `${(count * LANE) / 16}rem`;
  }, [count]);
  useEffect(() => (box.current ? listenTo(box.current, view) : undefined), [view]);
  useSignalEffect(() => {
    const share = xOf(view.at.value, view.part.value, 1);
    const { from, to } = view.span.value;
    if (!head.current || !box.current) return;
    head.current.style.left = `${Math.min(1, Math.max(0, share)) * 100}%`;
    box.current.ariaValueNow = String(Math.round((view.at.value - from) / 1000));
    box.current.ariaValueMax = String(Math.round((to - from) / 1000));
    box.current.ariaValueText = `${day(view.at.value)} ${clock(view.at.value)} ${zoneName(view.at.value)}`;
  });
  return (
    <div
      class="tl-lanes"
      ref={box}
      role="slider"
      tabIndex={0}
      aria-label={`${told.time}. ${told.timeline}`}
      aria-valuemin={0}
      aria-valuemax={1}
      aria-valuenow={0}
      onKeyDown={(event) => keyed(event, view)}
    >
      <canvas ref={canvas} />
      <div class="tl-head" ref={head} />
    </div>
  );
}

function keyed(event: KeyboardEvent, view: PastView): void {
  const does: Record<string, () => void> = {
    ArrowRight: () =>
      event.shiftKey ? view.move(lengthOf(view.part.peek()) / 10) : view.stepBy(0.01),
    ArrowLeft: () =>
      event.shiftKey ? view.move(-lengthOf(view.part.peek()) / 10) : view.stepBy(-0.01),
    PageDown: () => view.stepBy(-0.1),
    PageUp: () => view.stepBy(0.1),
  };
  const act = does[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

const OVERVIEW = 26;

function Overview({ view }: { view: PastView }) {
  const box = useRef<HTMLDivElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const draw = useCallback<Draw>(
    (context, { width, height, unit }) => {
      const scene = { pasts: view.pasts.value, width, unit, palette: palette.value };
      drawOverview(context, scene, view.span.value, height);
    },
    [view],
  );
  const canvas = useCanvas(draw);
  useEffect(() => {
    if (!box.current) return;
    box.current.style.height = `${OVERVIEW / 16}rem`;
    return dragPart(box.current, view);
  }, [view]);
  useSignalEffect(() => {
    const [part, whole] = [view.part.value, view.span.value];
    if (!frame.current) return;
    frame.current.style.left = `${xOf(part.from, whole, 100)}%`;
    frame.current.style.width = `${(lengthOf(part) / lengthOf(whole)) * 100}%`;
  });
  return (
    <div class="tl-over" ref={box} role="img" aria-label={words().history.overview}>
      <canvas ref={canvas} />
      <div class="tl-frame" ref={frame} />
    </div>
  );
}
