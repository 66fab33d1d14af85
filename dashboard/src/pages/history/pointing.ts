/** Pointers on the timeline: a press shows its moment, a drag pans, the wheel and two fingers zoom. */
import { lengthOf, type Span } from "../../past/span";
import type { PastView } from "./state";

const WHEEL = 0.0016;
/** A pinch on a touch pad comes as a wheel with Ctrl held, in small steps. */
const PAD = 8;
/** Pixels of a wheel that counts in lines. */
const LINE = 16;
/** A pointer that moved less is still, in pixels. */
const STILL = 5;
/** So near to the playhead a drag takes it along, in pixels. */
const GRIP = 12;

/** The moment under a pointer. */
function momentAt(box: HTMLElement, x: number, part: Span): number {
  const { left, width } = box.getBoundingClientRect();
  return part.from + ((x - left) / Math.max(1, width)) * lengthOf(part);
}

/** What one finger does until it is lifted. */
type Drag = "waits" | "shows" | "pans";

class Gesture {
  private readonly fingers = new Map<number, { x: number }>();
  /** The moments that two fingers took hold of. */
  private held: readonly number[] = [];
  private drag: Drag = "waits";
  private fromX = 0;

  constructor(
    private readonly box: HTMLElement,
    private readonly view: PastView,
  ) {}

  readonly down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    this.box.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, { x: event.clientX });
    this.view.playing.value = false;
    // With a second finger it is no drag any more, also when one of them is lifted.
    this.drag = this.fingers.size > 1 ? "pans" : this.dragFrom(event.clientX);
    this.fromX = event.clientX;
    const part = this.view.part.peek();
    this.held = [...this.fingers.values()].map(({ x }) => momentAt(this.box, x, part));
  };

  /** Near the playhead a drag moves it, and so where there is nothing to pan. */
  private dragFrom(x: number): Drag {
    const { at, part, span } = this.view;
    const { left, width } = this.box.getBoundingClientRect();
    const head = left + ((at.peek() - part.peek().from) / lengthOf(part.peek())) * width;
    const isWhole = lengthOf(part.peek()) >= lengthOf(span.peek()) - 1;
    return isWhole || Math.abs(x - head) <= GRIP ? "shows" : "waits";
  }

  readonly move = (event: PointerEvent): void => {
    const before = this.fingers.get(event.pointerId);
    if (!before) return;
    if (this.drag === "waits" && Math.abs(event.clientX - this.fromX) < STILL) return;
    this.fingers.set(event.pointerId, { x: event.clientX });
    if (this.fingers.size > 1) this.pinch();
    else if (this.drag === "shows") this.show(event.clientX);
    else {
      this.drag = "pans";
      this.pan(event.clientX - before.x);
    }
  };

  readonly up = (event: PointerEvent): void => {
    const was = this.fingers.delete(event.pointerId);
    if (was && event.type === "pointerup" && this.drag !== "pans") this.show(event.clientX);
  };

  readonly wheel = (event: WheelEvent): void => {
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1;
    const [across, down] = event.shiftKey
      ? [event.deltaX + event.deltaY, 0]
      : [event.deltaX, event.deltaY];
    if (Math.abs(across) > Math.abs(down)) this.pan(-across * unit);
    else {
      const factor = Math.exp(down * unit * WHEEL * (event.ctrlKey ? PAD : 1));
      this.view.zoom(factor, momentAt(this.box, event.clientX, this.view.part.peek()));
    }
  };

  /** The part in which the moments that two fingers took hold of lie under them again. */
  private pinch(): void {
    const [one, other] = this.fingers.values();
    const [first, second] = this.held;
    if (!one || !other || first === undefined || second === undefined) return;
    const msEach = (second - first) / (other.x - one.x);
    if (Math.abs(other.x - one.x) < STILL || !(msEach > 0)) return;
    const { left, width } = this.box.getBoundingClientRect();
    const from = first - (one.x - left) * msEach;
    this.view.showPart({ from, to: from + width * msEach });
  }

  private pan(pixels: number): void {
    this.view.move((-pixels * lengthOf(this.view.part.peek())) / Math.max(1, this.box.clientWidth));
  }

  private show(x: number): void {
    const part = this.view.part.peek();
    const moment = momentAt(this.box, x, part);
    this.view.goTo(Math.min(part.to, Math.max(part.from, moment)));
  }
}

/** Join the lanes to the view, until the answer is called. */
export function listenTo(box: HTMLElement, view: PastView): () => void {
  const gesture = new Gesture(box, view);
  const leave = join(box, gesture);
  box.addEventListener("wheel", gesture.wheel, { passive: false });
  return () => {
    leave();
    box.removeEventListener("wheel", gesture.wheel);
  };
}

type Handler = (event: PointerEvent) => void;

/** Let these take the pointers of a box, until the answer is called. */
function join(box: HTMLElement, { down, move, up }: Record<"down" | "move" | "up", Handler>) {
  const ending = new AbortController();
  const how = { signal: ending.signal };
  box.addEventListener("pointerdown", down, how);
  box.addEventListener("pointermove", move, how);
  box.addEventListener("pointerup", up, how);
  box.addEventListener("pointercancel", up, how);
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
  return join(box, { down, move, up });
}
