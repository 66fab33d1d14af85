/** When which tone sounds. Pure: what calls, what sounded and the time give the next tone. */
import type { Severity } from "../api/shape";

export const CRITICAL_EVERY_MS = 5000;
export const WARNING_EVERY_MS = 60_000;
/** Between two tones, so that what comes together sounds once. */
const GAP_MS = 1000;
/** More than so many new ones in so long are a burst: it does not sound for each. */
const BURST_MAX = 5;
const BURST_MS = 10_000;

export type ToneSeverity = Exclude<Severity, "info">;

/** Something that sounds until somebody takes it on: an alert that nobody has, a lost link. */
export interface Call {
  /** Another one where the same alert was raised again. */
  readonly key: string;
  readonly severity: Severity;
}

export interface SoundPreferences {
  readonly isOn: boolean;
  /** Until when those that called by then are silent, and since when; 0 without silence. */
  readonly silencedUntilMs: number;
  readonly silencedAtMs: number;
}

/** What sounded: when a call came, when a severity last sounded. Times are in ms. */
export interface Sounded {
  readonly firstMs: ReadonlyMap<string, number>;
  readonly toneMs: Readonly<Record<ToneSeverity, number>>;
  /** Calls that were not new any more at the last tone. */
  readonly told: ReadonlySet<string>;
}

/** Whether what called before is silent now. Said in the future, the clock was set: it does not hold. */
export function isSilenced(
  { silencedAtMs, silencedUntilMs }: Omit<SoundPreferences, "isOn">,
  nowMs: number,
): boolean {
  return silencedAtMs <= nowMs && nowMs < silencedUntilMs;
}

export const SILENT: Sounded = {
  firstMs: new Map(),
  toneMs: { critical: Number.NEGATIVE_INFINITY, warning: Number.NEGATIVE_INFINITY },
  told: new Set(),
};

/** What sounds now, when to ask again at the latest, and what is known from then on. */
export interface Plan {
  readonly tone: ToneSeverity | null;
  /** Null where nothing calls. */
  readonly againMs: number | null;
  readonly next: Sounded;
}

/** The tone of this moment. It is asked whenever the calls change, and at `againMs`. */
export function nextTone(
  calls: readonly Call[],
  nowMs: number,
  preferences: SoundPreferences,
  last: Sounded = SILENT,
): Plan {
  const before = byNow(last, nowMs);
  const firstMs = firstTimes(calls, nowMs, before);
  const heard = calls.filter((call) => isHeard(call, firstMs, nowMs, preferences));
  const told = new Set([...before.told].filter((key) => firstMs.has(key)));
  const sounded: Sounded = { firstMs, toneMs: before.toneMs, told };
  const dues = (["critical", "warning"] as const)
    .map((severity) => ({ severity, dueMs: dueOf(severity, heard, sounded, nowMs) }))
    .filter(({ dueMs }) => dueMs !== Number.POSITIVE_INFINITY);
  const now = dues.find(({ dueMs }) => dueMs <= nowMs);
  const endMs = isSilenced(preferences, nowMs) ? [preferences.silencedUntilMs] : [];
  if (!now) {
    const later = [...dues.map(({ dueMs }) => dueMs), ...(calls.length > 0 ? endMs : [])];
    return { tone: null, againMs: later.length > 0 ? Math.min(...later) : null, next: sounded };
  }
  const next = afterTone(now.severity, heard, sounded, nowMs);
  return { tone: now.severity, againMs: nowMs + GAP_MS, next };
}

/** A tone of the future is one before a clock was set back: it must not keep the next one waiting. */
function byNow(sounded: Sounded, nowMs: number): Sounded {
  const { critical, warning } = sounded.toneMs;
  if (Math.max(critical, warning) <= nowMs) return sounded;
  return { ...SILENT, told: sounded.told };
}

/** A critical tone tells of the warnings, too, as far as they are new: both are on the screen. */
function afterTone(
  severity: ToneSeverity,
  heard: readonly Call[],
  sounded: Sounded,
  nowMs: number,
): Sounded {
  const isNewWarning = heard.some(
    (call) => call.severity === "warning" && !sounded.told.has(call.key),
  );
  const toneMs = { ...sounded.toneMs, [severity]: nowMs };
  if (severity === "critical" && isNewWarning) toneMs.warning = nowMs;
  return { ...sounded, toneMs, told: new Set([...sounded.told, ...heard.map(({ key }) => key)]) };
}

function firstTimes(
  calls: readonly Call[],
  nowMs: number,
  before: Sounded,
): ReadonlyMap<string, number> {
  const sounding = calls.filter((call) => call.severity !== "info");
  return new Map(sounding.map((call) => [call.key, before.firstMs.get(call.key) ?? nowMs]));
}

/** Whether nothing keeps it silent. Silence is for what called before it; who comes later sounds. */
function isHeard(
  call: Call,
  firstMs: ReadonlyMap<string, number>,
  nowMs: number,
  preferences: SoundPreferences,
): boolean {
  if (!preferences.isOn || call.severity === "info") return false;
  if (!isSilenced(preferences, nowMs)) return true;
  return (firstMs.get(call.key) ?? nowMs) > preferences.silencedAtMs;
}

/** When a severity is due; never where nothing of it calls. */
function dueOf(
  severity: ToneSeverity,
  heard: readonly Call[],
  sounded: Sounded,
  nowMs: number,
): number {
  const mine = heard.filter((call) => call.severity === severity);
  if (mine.length === 0) return Number.POSITIVE_INFINITY;
  const lastMs = sounded.toneMs[severity];
  const everyMs = severity === "critical" ? CRITICAL_EVERY_MS : WARNING_EVERY_MS;
  const isNew = mine.some((call) => !sounded.told.has(call.key));
  const anyMs = Math.max(sounded.toneMs.critical, sounded.toneMs.warning);
  if (isNew && !isBurst(sounded, nowMs)) return anyMs + GAP_MS;
  return Math.max(lastMs + everyMs, anyMs + GAP_MS);
}

function isBurst(sounded: Sounded, nowMs: number): boolean {
  const isLately = (ms: number) => nowMs - ms < BURST_MS;
  const fresh = [...sounded.firstMs.values()].filter(isLately);
  const { critical, warning } = sounded.toneMs;
  return fresh.length > BURST_MAX && isLately(Math.max(critical, warning));
}
