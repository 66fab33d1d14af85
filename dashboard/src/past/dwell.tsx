/** One lane of bars over a span, for the page of an asset. */
import { useCallback, useEffect, useRef } from "preact/hooks";
import { palette } from "../plan/palette";
import { minute, siteZone } from "../times";
import { words } from "../words";
import type { Past } from "./entries";
import { barWords } from "./event-words";
import { drawLanes } from "./lane-painter";
import { lengthOf, offsetIn, type Span, ticksOf } from "./span";
import { type Draw, useCanvas } from "./use-canvas";

export function Dwell({ past, span }: { past: Past; span: Span }) {
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
      }),
    [past, span],
  );
  const canvas = useCanvas(draw);
  const said = past.bars.map((bar) => `${minute(bar.from)} ${barWords(bar)}`).join("; ");
  return (
    <div class="dwell">
      <div class="ticks tl-ticks" aria-hidden="true">
        {ticksOf(span, 5, offsetIn(siteZone.value)).map((moment) => (
          <Tick key={moment} share={(moment - span.from) / lengthOf(span)} text={minute(moment)} />
        ))}
      </div>
      <div class="dwell-lane">
        <canvas ref={canvas} role="img" aria-label={said || words().history.nothingKnown} />
      </div>
    </div>
  );
}

function Tick({ share, text }: { share: number; text: string }) {
  const ref = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (ref.current) ref.current.style.left = `${share * 100}%`;
  }, [share]);
  return share > 0.95 || share < 0.05 ? null : <span ref={ref}>{text}</span>;
}
