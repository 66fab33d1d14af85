/** The live map's connection: whether it is there, and how old its newest frame is. */
import { computed, effect, signal } from "@preact/signals";
import { addressOf } from "../api/client";
import { me, recognise } from "../session";
import { beat, clockOffsetMs } from "../times";
import {
  ASLEEP_MS,
  ageOf,
  ClockOffset,
  type Ending,
  endingOf,
  SILENCE_MS,
  TICK_MS,
  waitMs,
} from "./connection";
import { FrameError, takeFrame } from "./frame";
import { live, liveTurn } from "./live";

export type LinkState = "connecting" | "live" | "lost";

/** How the connection is, since when (this machine's clock, ms), and when the next try comes. */
export interface Link {
  state: LinkState;
  sinceMs: number;
  nextTryMs: number | null;
}

export const link = signal<Link>({ state: "connecting", sinceMs: Date.now(), nextTryMs: null });

/** When the newest frame came, by this machine's clock in ms; 0 before the first. */
export const heardMs = signal(0);

export const isLost = computed(() => link.value.state === "lost");

/** How old what is shown is, in ms; follows the beat. */
export function dataAgeMs(): number {
  void beat.value;
  return Date.now() - (heardMs.value || link.value.sinceMs);
}

/** Whether what is shown is older than 5 s: then the plan is greyed. */
export const isStale = computed(() => ageOf(dataAgeMs()) === "stale");

/** The commit sequence up to which the newest frame knows. */
export const liveSeq = signal(0);

const offset = new ClockOffset();
let socket: WebSocket | null = null;
let tries = 0;
let nextTry: ReturnType<typeof setTimeout> | undefined;
let lastTick = Date.now();

function connect(): void {
  drop();
  const address = new URL(addressOf("live"), location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const made = new WebSocket(address);
  made.binaryType = "arraybuffer";
  openedMs = Date.now();
  socket = made;
  made.onmessage = (event: MessageEvent<unknown>) => {
    if (socket === made && event.data instanceof ArrayBuffer) receive(event.data);
  };
  made.onclose = (event) => {
    if (socket === made) lose(endingOf(event.code));
  };
}

let openedMs = Date.now();

function receive(buffer: ArrayBuffer): void {
  const now = Date.now();
  try {
    if (!takeFrame(live, buffer)) {
      lose("restart");
      return;
    }
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    lose("lost");
    return;
  }
  tries = 0;
  heardMs.value = now;
  liveSeq.value = live.seq;
  clockOffsetMs.value = offset.take(now, live.timeMs);
  if (link.value.state !== "live") link.value = { state: "live", sinceMs: now, nextTryMs: null };
  liveTurn.value = live.turn;
}

/** The connection is not there any more: say so, and come again in a while. */
function lose(ending: Ending): void {
  drop();
  const now = Date.now();
  const wait = waitMs(tries, ending, Math.random());
  tries += 1;
  const sinceMs = link.value.state === "live" ? heardMs.value || now : link.value.sinceMs;
  link.value = { state: "lost", sinceMs, nextTryMs: now + wait };
  if (ending === "session") void recognise().catch(() => {});
  clearTimeout(nextTry);
  nextTry = setTimeout(connect, wait);
}

function drop(): void {
  clearTimeout(nextTry);
  const old = socket;
  socket = null;
  if (!old) return;
  old.onclose = null;
  old.onmessage = null;
  old.close();
}

/** Come again at once: the machine woke up, or its network is there again. */
function hurry(): void {
  if (!running) return;
  tries = 0;
  if (link.value.state === "live")
    link.value = { ...link.value, state: "lost", sinceMs: heardMs.value };
  link.value = { ...link.value, nextTryMs: Date.now() };
  connect();
}

function tick(): void {
  const now = Date.now();
  const wasAsleep = now - lastTick > ASLEEP_MS;
  lastTick = now;
  // Where the clock was set back nothing can have been heard after now.
  if (heardMs.value > now) heardMs.value = now;
  openedMs = Math.min(openedMs, now);
  if (!running) return;
  const isSilent = now - Math.max(heardMs.value, openedMs) > SILENCE_MS;
  if (wasAsleep && isSilent) hurry();
  else if (socket && isSilent) lose("lost");
}

function whenSeen(): void {
  if (document.visibilityState === "visible" && Date.now() - heardMs.value > SILENCE_MS) hurry();
}

let running = false;

/** Connect as soon as somebody has logged in, and stay so. Once, at the start. */
export function keepLink(): void {
  setInterval(tick, TICK_MS);
  addEventListener("online", hurry);
  addEventListener("pageshow", whenSeen);
  document.addEventListener("visibilitychange", whenSeen);
  effect(() => {
    const wanted = Boolean(me.value?.rights.includes("look"));
    if (wanted === running) return;
    running = wanted;
    if (wanted) connect();
    else drop();
  });
}
