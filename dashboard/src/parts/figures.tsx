/** Figures: tiles, bars of confirmed and last known, sparks. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface TileProps {
  head: string;
  value: ComponentChildren;
  unit?: ComponentChildren;
  children?: ComponentChildren;
}

/** A row of figures. */
export function Tiles({ children }: { children: ComponentChildren }) {
  return <div class="kpis">{children}</div>;
}

export function Tile({ head, value, unit, children }: TileProps) {
  return (
    <div>
      <h3>{head}</h3>
      <div class="big">
        {value}
        {unit !== undefined && <small>{unit}</small>}
      </div>
      {children}
    </div>
  );
}

/** Solid for what is confirmed, hatched for last known. The text beside it says the same. */
export function StackBar({ solid, hatched }: { solid: number; hatched: number }) {
  const bar = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const [first, second] = [bar.current?.children[0], bar.current?.children[1]];
    if (first instanceof HTMLElement) first.style.flexGrow = String(solid);
    if (second instanceof HTMLElement) second.style.flexGrow = String(hatched);
  }, [solid, hatched]);
  return (
    <div class="stackbar" aria-hidden="true" ref={bar}>
      <i />
      <i class="l" hidden={hatched === 0} />
    </div>
  );
}

/** How much of a whole, 0 to 1. */
export function Meter({ share, label }: { share: number; label: string }) {
  return (
    <progress class="meter" value={Math.min(1, Math.max(0, share))} max={1} aria-label={label} />
  );
}

/** A small line of figures without axes; what it shows stands beside it in words. */
export function Spark({ values }: { values: readonly number[] }) {
  if (values.length < 2) return null;
  const most = Math.max(...values, 1);
  const points = values.map((value, index) => {
    const x = (index / (values.length - 1)) * 72;
    return `${x.toFixed(1)} ${(16.5 - (value / most) * 15).toFixed(1)}`;
  });
  return (
    <svg class="spark" viewBox="0 0 72 18" preserveAspectRatio="none" aria-hidden="true">
      <path d={`M${points.join("L")}`} vector-effect="non-scaling-stroke" />
    </svg>
  );
}
