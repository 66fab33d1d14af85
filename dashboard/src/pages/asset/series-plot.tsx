/** What a sensor measured, as a line that is not drawn through gaps. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { decimal } from "../../numbers";
import { palette, unitNow } from "../../plan/palette";
import { minute, siteZone } from "../../times";

export interface PlotPoint {
  readonly timeMs: number;
  readonly value: number | null;
}

interface SeriesPlotProps {
  /** Oldest first. */
  points: readonly PlotPoint[];
  unit: string;
  label: string;
}

const HIGH = 128;

export function SeriesPlot({ points, unit, label }: SeriesPlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const { colour, font } = palette.value;
  const zone = siteZone.value;
  useEffect(() => {
    const host = box.current;
    if (!host) return;
    const size = unitNow();
    const axis = {
      stroke: colour("--ink-3"),
      font: font(12 * size),
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { show: false },
    };
    const plot = new uPlot(
      {
        width: Math.max(120, host.clientWidth),
        height: HIGH * size,
        cursor: { y: false },
        legend: { show: false },
        axes: [
          {
            ...axis,
            size: 24 * size,
            space: 70 * size,
            values: (_, splits) => splits.map((each) => minute(each * 1000)),
          },
          {
            ...axis,
            size: 56 * size,
            space: 22 * size,
            values: (_, splits) => splits.map((each) => `${decimal(each)} ${unit}`),
          },
        ],
        series: [
          {},
          { stroke: colour("--ink-2"), width: 1.5 * size, points: { show: points.length < 3 } },
        ],
      },
      [points.map(({ timeMs }) => timeMs / 1000), points.map(({ value }) => value)],
      host,
    );
    const watch = new ResizeObserver(() => {
      plot.setSize({ width: Math.max(120, host.clientWidth), height: HIGH * size });
    });
    watch.observe(host);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [points, unit, colour, font, zone]);
  return <div class="plot" ref={box} role="img" aria-label={label} />;
}
