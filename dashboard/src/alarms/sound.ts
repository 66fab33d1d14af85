/** The sound of the alarms in this browser: what calls, what the user wants, which window sounds. */
import { computed, effect, type Signal, signal } from "@preact/signals";
import { isLost } from "../live/link";
import { isBoolean, kept } from "../preferences";
import { isNew } from "./order";
import { type Call, isSilenced, nextTone, SILENT, type Sounded } from "./sound-plan";
import { alarmLink, orderedAlerts } from "./store";
import { isBlocked, play, unblock } from "./tones";

export type SoundState = "on" | "silenced" | "off" | "blocked";

const SILENCE_MS = 60_000;
const BLOCKED_AGAIN_MS = 5000;
const isTime = (value: unknown): value is number => typeof value === "number";
const isShare = (value: unknown): value is number => isTime(value) && value >= 0 && value <= 1;

export const isSoundOn = kept<boolean>("sound", true, isBoolean);
export const volume = kept<number>("volume", 0.7, isShare);
const silencedAtMs = kept<number>("silenced-at", 0, isTime);
export const silencedUntilMs = kept<number>("silenced-until", 0, isTime);
/** Whether this window sounds; of several only one does. */
export const isLeading = signal(!("locks" in navigator));

const isSilent = signal(false);

/** How the sound is: off, blocked by the browser, silenced for a while, or on. */
export const soundState = computed<SoundState>(() => {
  if (!isSoundOn.value) return "off";
  if (isBlocked.value) return "blocked";
  return isSilent.value ? "silenced" : "on";
});

/** What calls for sound: alerts that nobody has, and a link that is lost. */
export const calls = computed<readonly Call[]>(() => {
  const made: Call[] = orderedAlerts.value
    .filter(isNew)
    .map(({ id, occurrences, severity }) => ({ key: `${id}/${occurrences}`, severity }));
  if (alarmLink.value.state === "lost" || isLost.value)
    made.push({ key: "link", severity: "warning" });
  return made;
});

/** Keep silent for 60 s about what calls now. Who calls later is heard. */
export function silence(): void {
  silencedAtMs.value = Date.now();
  silencedUntilMs.value = Date.now() + SILENCE_MS;
}

export function endSilence(): void {
  silencedUntilMs.value = 0;
}

/** Sound as the alerts ask, until the function that it gives is called. */
export function startSound(): () => void {
  let sounded: Sounded = SILENT;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let hasEnded = false;
  const tick = () => {
    clearTimeout(timer);
    if (hasEnded) return;
    const now = Date.now();
    const wanted = {
      isOn: isSoundOn.peek(),
      silencedAtMs: silencedAtMs.peek(),
      silencedUntilMs: silencedUntilMs.peek(),
    };
    isSilent.value = isSilenced(wanted, now);
    const plan = nextTone(calls.peek(), now, wanted, sounded);
    const isHeard = !plan.tone || !isLeading.peek() || play(plan.tone, volume.peek());
    // A tone that was blocked did not sound: it does as soon as the browser lets it.
    sounded = isHeard ? plan.next : { ...plan.next, toneMs: sounded.toneMs, told: sounded.told };
    const wakeMs = Math.min(
      isHeard ? (plan.againMs ?? Number.POSITIVE_INFINITY) : now + BLOCKED_AGAIN_MS,
      isSilent.peek() ? wanted.silencedUntilMs : Number.POSITIVE_INFINITY,
    );
    if (Number.isFinite(wakeMs)) timer = setTimeout(tick, Math.max(20, wakeMs - now));
  };
  const ends = [followCalls(tick), lead(), shareSilence(), unblockByPress()];
  void unblock();
  return () => {
    hasEnded = true;
    clearTimeout(timer);
    for (const end of ends) end();
  };
}

function followCalls(tick: () => void): () => void {
  return effect(() => {
    void isSoundOn.value;
    void isBlocked.value;
    void silencedUntilMs.value;
    void isLeading.value;
    void calls.value;
    // After this effect: it writes what others depend on.
    queueMicrotask(tick);
  });
}

/** Of several windows of this browser the one that was looked at last sounds. */
function lead(): () => void {
  if (!("locks" in navigator)) return () => {};
  let release = () => {};
  const ended = new AbortController();
  const hold = () =>
    new Promise<void>((done) => {
      if (ended.signal.aborted) return done();
      isLeading.value = true;
      release = done;
    });
  const take = async (steal: boolean): Promise<void> => {
    const options: LockOptions = steal ? { steal } : { signal: ended.signal };
    try {
      await navigator.locks.request("tagwarden-sound", options, hold);
    } catch (error) {
      if (ended.signal.aborted) return;
      // Another window took it: wait until that one is closed. Where there are no locks all sound.
      const isTaken = error instanceof DOMException && error.name === "AbortError";
      isLeading.value = !isTaken;
      if (isTaken) void take(false);
    }
  };
  const shown = () => {
    if (!document.hidden && !isLeading.peek()) void take(true);
  };
  document.addEventListener("visibilitychange", shown);
  void take(!document.hidden);
  return () => {
    document.removeEventListener("visibilitychange", shown);
    ended.abort();
    release();
    isLeading.value = false;
  };
}

/** What is said in one window holds in all: silence, volume, on and off. */
function shareSilence(): () => void {
  const takes: Record<string, (value: unknown) => void> = {
    "tagwarden.silenced-until": into(silencedUntilMs, isTime),
    "tagwarden.silenced-at": into(silencedAtMs, isTime),
    "tagwarden.sound": into(isSoundOn, isBoolean),
    "tagwarden.volume": into(volume, isShare),
  };
  const heard = ({ key, newValue }: StorageEvent) => {
    takes[key ?? ""]?.(JSON.parse(newValue ?? "null"));
  };
  addEventListener("storage", heard);
  return () => removeEventListener("storage", heard);
}

function into<T>(target: Signal<T>, isFit: (value: unknown) => value is T) {
  return (value: unknown) => {
    if (isFit(value)) target.value = value;
  };
}

/** Browsers want a press before a page may sound: any press will do. */
function unblockByPress(): () => void {
  const press = () => {
    if (isBlocked.peek()) void unblock();
  };
  addEventListener("pointerdown", press);
  addEventListener("keydown", press);
  return () => {
    removeEventListener("pointerdown", press);
    removeEventListener("keydown", press);
  };
}
