/** Pointers on the timeline: a press shows its moment, the wheel and two fingers zoom. */
import { lengthOf, type Span } from "../../past/span";
import type { PastView } from "./state";

const WHEEL = 0.0016;

/** The moment under a pointer. */
function momentAt(box: HTMLElement, x: number, part: Span): number {
  const { left, width } = box.getBoundingClientRect();
  return part.from + ((x - left) / Math.max(1, width)) * lengthOf(part);
}

/** Join the lanes to the view, until the answer is called. */
export function listenTo(box: HTMLElement, view: PastView): () => void {
  const fingers = new Map<number, number>();
  const apart = () => {
    const [one = 0, other = 0] = fingers.values();
    return Math.max(12, Math.abs(one - other));
  };
  const show = (event: PointerEvent) => {
    const part = view.part.peek();
    const moment = momentAt(box, event.clientX, part);
    view.goTo(Math.min(part.to, Math.max(part.from, moment)));
  };
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    box.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, event.clientX);
    view.playing.value = false;
    if (fingers.size === 1) show(event);
  };
  const move = (event: PointerEvent) => {
    if (!fingers.has(event.pointerId)) return;
    const before = apart();
    fingers.set(event.pointerId, event.clientX);
    if (fingers.size === 1) return show(event);
    const [one = 0, other = 0] = fingers.values();
    view.zoom(before / apart(), momentAt(box, (one + other) / 2, view.part.peek()));
  };
  const up = (event: PointerEvent) => {
    fingers.delete(event.pointerId);
  };
  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    const part = view.part.peek();
    const pixel = lengthOf(part) / Math.max(1, box.clientWidth);
    const sideways = event.shiftKey ? event.deltaY : event.deltaX;
    if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY))
      view.move(sideways * pixel);
    else view.zoom(Math.exp(event.deltaY * WHEEL), momentAt(box, event.clientX, part));
  };
  const ending = new AbortController();
  const how = { signal: ending.signal };
  box.addEventListener("pointerdown", down, how);
  box.addEventListener("pointermove", move, how);
  box.addEventListener("pointerup", up, how);
  box.addEventListener("pointercancel", up, how);
  box.addEventListener("wheel", wheel, { ...how, passive: false });
  return () => ending.abort();
}

/** The overview: a press outside the frame brings it there, a drag moves it. */
export function dragPart(box: HTMLElement, view: PastView): () => void {
  let grip: number | null = null;
  const down = (event: PointerEvent) => {
    const [part, whole] = [view.part.peek(), view.span.peek()];
    const moment = momentAt(box, event.clientX, whole);
    box.setPointerCapture(event.pointerId);
    grip = moment >= part.from && moment <= part.to ? moment - part.from : lengthOf(part) / 2;
    move(event);
  };
  const move = (event: PointerEvent) => {
    if (grip === null) return;
    const from = momentAt(box, event.clientX, view.span.peek()) - grip;
    view.showPart({ from, to: from + lengthOf(view.part.peek()) });
  };
  const up = () => {
    grip = null;
  };
  const ending = new AbortController();
  const how = { signal: ending.signal };
  box.addEventListener("pointerdown", down, how);
  box.addEventListener("pointermove", move, how);
  box.addEventListener("pointerup", up, how);
  box.addEventListener("pointercancel", up, how);
  return () => ending.abort();
}
