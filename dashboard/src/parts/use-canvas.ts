/** A canvas that fills its parent and is drawn anew when something that it reads changes. */
import { effect, signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { unitNow } from "../plan/palette";

export type Draw = (
  context: CanvasRenderingContext2D,
  size: { width: number; height: number; unit: number },
) => void;

/** `draw` reads signals; it is called once a frame at most, and when the size changes. */
export function useCanvas(draw: Draw): RefObject<HTMLCanvasElement | null> {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const canvas = ref.current;
    const context = canvas?.getContext("2d");
    if (!canvas || !context) return;
    const size = signal({ width: 0, height: 0, unit: 1 });
    const watch = new ResizeObserver(([entry]) => {
      const { width = 0, height = 0 } = entry?.contentRect ?? {};
      size.value = { width, height, unit: unitNow() };
    });
    watch.observe(canvas);
    const end = effect(() => {
      const { width, height } = size.value;
      if (!width || !height) return;
      const ratio = devicePixelRatio || 1;
      const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
      if (canvas.width !== wide) canvas.width = wide;
      if (canvas.height !== high) canvas.height = high;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      draw(context, size.value);
    });
    return () => {
      end();
      watch.disconnect();
    };
  }, [draw]);
  return ref;
}
