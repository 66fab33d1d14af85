/** What the history page shows: assets, span, part, moment. The address says it, and is kept up. */
import {
  computed,
  effect,
  type ReadonlySignal,
  type Signal,
  signal,
  untracked,
} from "@preact/signals";
import { asked, look, page } from "../../address";
import { ask, path, RefusedError } from "../../api/client";
import type { Alert } from "../../api/shape";
import { momentIn } from "../../moments";
import { eventBeside, eventsOf, knownSpan, type Past, type PastEvent } from "../../past/entries";
import { type Loading, loadPasts, NOTHING, type Progress } from "../../past/load";
import { idsOf, partIn, spanIn, speedIn, textOf } from "../../past/picked";
import { type PlayState, playhead, type Speed, toggled } from "../../past/playhead";
import {
  around,
  clamped,
  holding,
  lengthOf,
  moved,
  type Span,
  within,
  zoomed,
} from "../../past/span";
import { nowMs } from "../../times";
import { words } from "../../words";

const WRITE_MS = 500;
/** Thirty times a second are enough to look at, and half the work of sixty. */
const FRAME_MS = 30;
const iso = (moment: number) => new Date(Math.round(moment)).toISOString();

/** One look at the past; made when the page opens, ended when it is left. */
export class PastView {
  readonly at = signal(0);
  readonly part: Signal<Span> = signal({ from: 0, to: 1 });
  readonly playing = signal(false);
  readonly loading = signal<Progress | null>(null);
  readonly failed = signal<string | null>(null);
  /** The asset of an alert is being asked for. */
  readonly opening = signal(false);
  /** Somebody ended the reading before all was read. */
  readonly stopped = signal(false);
  readonly loaded = signal<Loading>(NOTHING);
  private readonly assetText = computed(() => asked("asset") ?? "");
  readonly assets = computed(() => idsOf(this.assetText.value));
  private readonly spanText = computed(() => `${asked("from") ?? ""} ${asked("to") ?? ""}`);
  readonly span: ReadonlySignal<Span> = computed(() => {
    const [from = "", to = ""] = this.spanText.value.split(" ");
    const known: Record<string, string> = { from, to };
    return spanIn((name) => known[name] || null, untracked(nowMs));
  });
  readonly speed = computed<Speed>(() => speedIn(asked("speed")));
  /** The asset that stands out; the first, unless another was clicked. */
  readonly first = computed(() => {
    const wanted = asked("pick");
    return this.assets.value.find((id) => id === wanted) ?? this.assets.value[0] ?? null;
  });
  /** What was read of the picked assets, in their order; of some nothing may have been read yet. */
  readonly pasts = computed<readonly Past[]>(() =>
    this.loaded.value.pasts.filter(({ asset }) => this.assets.value.includes(asset)),
  );
  readonly events = computed<readonly PastEvent[]>(() => eventsOf(this.pasts.value));
  private readonly ends: (() => void)[] = [];
  private readonly again = signal(0);
  private reading: AbortController | null = null;
  private readSpan: Span | null = null;
  private written = "";
  private frame = 0;
  /** Nobody asked for a time: the part that is shown fits what is known. */
  private fits = false;

  begin(): () => void {
    this.ends.push(
      effect(() => this.follow()),
      effect(() => this.load()),
      effect(() => this.play()),
    );
    void this.openAlert();
    const timer = setInterval(() => this.write(), WRITE_MS);
    return () => {
      clearInterval(timer);
      cancelAnimationFrame(this.frame);
      for (const end of this.ends) end();
    };
  }

  /** An alert in the address picks its asset and its moment. */
  private async openAlert(): Promise<void> {
    const id = asked("alert");
    if (!id || asked("asset") !== null) return;
    this.opening.value = true;
    try {
      const { asset, time } = await ask<Alert>(path`alerts/${id}`);
      if (page.peek() !== "history") return;
      if (!asset) {
        this.failed.value = words().history.alertAlone;
        return;
      }
      const unasked = { from: null, to: null, zoom_from: null, zoom_to: null };
      look({ ...unasked, asset: textOf([asset]), at: time, alert: null });
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      this.failed.value = error.message;
    } finally {
      this.opening.value = false;
    }
  }

  /** Take over what the address says, where it was not written by ourselves. */
  private follow(): void {
    if (page.value !== "history") return;
    const isWhole = asked("from") !== null && asked("to") !== null;
    const text = `${asked("at")} ${asked("zoom_from")} ${asked("zoom_to")}`;
    if (isWhole && text === this.written) return;
    this.fits = ["from", "to", "at", "zoom_from"].every((name) => asked(name) === null);
    const span = spanIn(asked, untracked(nowMs));
    this.part.value = partIn(asked, span);
    this.at.value = clamped(momentIn(asked("at")) ?? span.to, span);
    this.write(span);
  }

  /** Put into the address what is shown. */
  write(span: Span = this.span.peek()): void {
    if (page.peek() !== "history") return;
    const part = this.part.peek();
    const isZoomed = lengthOf(part) < lengthOf(span) - 1;
    const view = {
      from: iso(span.from),
      to: iso(span.to),
      at: iso(this.at.peek()),
      zoom_from: isZoomed ? iso(part.from) : null,
      zoom_to: isZoomed ? iso(part.to) : null,
    };
    const text = `${view.at} ${view.zoom_from} ${view.zoom_to}`;
    if (text === this.written && asked("from") === view.from && asked("to") === view.to) return;
    this.written = text;
    look(view);
  }

  retry(): void {
    this.again.value += 1;
  }

  /** Read no more; what was read stays. */
  stop(): void {
    this.reading?.abort();
    this.loading.value = null;
    this.stopped.value = true;
  }

  private load(): () => void {
    void this.again.value;
    const [assets, span] = [this.assets.value, this.span.value];
    const ending = new AbortController();
    this.reading = ending;
    this.failed.value = null;
    this.stopped.value = false;
    void this.read(assets, span, ending.signal);
    return () => ending.abort();
  }

  private async read(assets: readonly string[], span: Span, ended: AbortSignal): Promise<void> {
    const tell = (progress: Progress) => {
      if (ended.aborted) return;
      this.loading.value = progress;
      if (this.loaded.peek() !== progress.soFar) this.loaded.value = progress.soFar;
    };
    try {
      const before = this.kept(span);
      const loading = await loadPasts({ assets, span, before }, tell, ended);
      if (ended.aborted) return;
      this.loaded.value = loading;
      this.fit(loading.pasts);
    } catch (error) {
      if (ended.aborted) return;
      if (!(error instanceof RefusedError)) throw error;
      this.failed.value = error.message;
    } finally {
      if (!ended.aborted) this.loading.value = null;
    }
  }

  /** What was read of the same span; of another one nothing stays. */
  private kept(span: Span): Loading {
    const isSame = this.readSpan?.from === span.from && this.readSpan.to === span.to;
    this.readSpan = span;
    return isSame ? this.loaded.peek() : NOTHING;
  }

  private fit(pasts: readonly Past[]): void {
    const known = this.fits ? knownSpan(pasts) : null;
    if (!known) return;
    this.fits = false;
    const room = lengthOf(known) / 50;
    this.showPart({ from: known.from - room, to: known.to });
    this.write();
  }

  private play(): () => void {
    const isPlaying = this.playing.value;
    let before: number | null = null;
    const step = (now: number) => {
      this.frame = requestAnimationFrame(step);
      if (before !== null && now - before < FRAME_MS) return;
      const next = playhead(this.state(), before === null ? 0 : now - before);
      before = now;
      this.show(next);
    };
    if (isPlaying) this.frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(this.frame);
  }

  private state(): PlayState {
    return {
      at: this.at.peek(),
      playing: this.playing.peek(),
      speed: this.speed.peek(),
      span: this.span.peek(),
    };
  }

  private show(state: PlayState): void {
    this.goTo(state.at);
    this.playing.value = state.playing;
  }

  toggle(): void {
    this.show(toggled(this.state()));
  }

  /** Show a moment; the part moves along where the moment would leave it. */
  goTo(moment: number): void {
    const span = this.span.peek();
    this.at.value = clamped(moment, span);
    this.part.value = holding(this.part.peek(), span, this.at.peek());
  }

  stepBy(share: number): void {
    this.playing.value = false;
    this.goTo(this.at.peek() + share * lengthOf(this.part.peek()));
  }

  zoom(factor: number, anchor = this.at.peek()): void {
    this.part.value = zoomed(this.part.peek(), this.span.peek(), factor, anchor);
  }

  move(ms: number): void {
    this.part.value = moved(this.part.peek(), this.span.peek(), ms);
  }

  showPart(part: Span): void {
    this.part.value = within(part, this.span.peek());
  }

  /** Show two minutes around an event. */
  zoomTo(event: PastEvent): void {
    this.goTo(event.timeMs);
    this.part.value = around(event.timeMs, this.span.peek());
  }

  beside(by: 1 | -1): void {
    const event = eventBeside(this.events.peek(), this.at.peek(), by);
    this.playing.value = false;
    if (event) this.goTo(event.timeMs);
  }

  add(id: string): void {
    look({ asset: textOf([...this.assets.peek(), id]) }, true);
  }

  remove(id: string): void {
    look({ asset: textOf(this.assets.peek().filter((each) => each !== id)) }, true);
  }

  choose(span: Span): void {
    this.written = "";
    look(
      { from: iso(span.from), to: iso(span.to), at: null, zoom_from: null, zoom_to: null },
      true,
    );
  }
}
