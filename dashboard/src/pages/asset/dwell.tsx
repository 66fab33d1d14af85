/** Where an asset was: a lane of bars over what is known of the last day, and how long in each zone. */
import { useCallback, useEffect, useMemo, useRef } from "preact/hooks";
import { offsetIn } from "../../moments";
import { type Draw, useCanvas } from "../../parts/use-canvas";
import { fitted, knownSpan, type Past, staysOf } from "../../past/entries";
import { barWords } from "../../past/event-words";
import { drawLanes } from "../../past/lane-painter";
import { lengthOf, type Span, tickStep, ticksOf } from "../../past/span";
import { palette } from "../../plan/palette";
import { clock, minute, siteZone, span as spanWords, when } from "../../times";
import { words } from "../../words";

const TICKS = 5;
const MINUTE = 60_000;
/** So many zones are named with the time that it was there. */
const SUMS = 6;

export function Dwell({ past, span: asked }: { past: Past; span: Span }) {
  const span = useMemo(() => fitted([past], asked), [past, asked]);
  const draw = useCallback<Draw>(
    (context, { width, unit }) =>
      drawLanes(context, {
        pasts: [past],
        part: span,
        first: null,
        width,
        unit,
        palette: palette.value,
        label: barWords,
        waits: "",
      }),
    [past, span],
  );
  const canvas = useCanvas(draw);
  const told = words().history.asset;
  const said = past.bars.map((bar) => `${minute(bar.from)} ${barWords(bar)}`).join("; ");
  const known = knownSpan([past])?.from ?? asked.from;
  const isDay = lengthOf(span) > lengthOf(asked) - MINUTE;
  const says = tickStep(span, TICKS) < MINUTE ? clock : minute;
  return (
    <section class="card dwell">
      <div class="row btw">
        <h2>{isDay ? told.dwell : told.dwellSince(when(known))}</h2>
        <span class="xs mut">{told.hatched}</span>
      </div>
      <div class="ticks tl-ticks" aria-hidden="true">
        {ticksOf(span, TICKS, offsetIn(siteZone.value)).map((moment) => (
          <Tick key={moment} share={(moment - span.from) / lengthOf(span)} text={says(moment)} />
        ))}
      </div>
      <div class="dwell-lane">
        <canvas ref={canvas} role="img" aria-label={said || words().history.nothingKnown} />
      </div>
      <ul class="row dwell-sums sm">
        {staysOf(past.bars)
          .slice(0, SUMS)
          .map(({ zone, ms }) => (
            <li key={zone}>
              {zone} <b>{spanWords(ms)}</b>
            </li>
          ))}
      </ul>
    </section>
  );
}

function Tick({ share, text }: { share: number; text: string }) {
  const ref = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (ref.current) ref.current.style.left = `${share * 100}%`;
  }, [share]);
  return share > 0.95 || share < 0.05 ? null : <span ref={ref}>{text}</span>;
}
