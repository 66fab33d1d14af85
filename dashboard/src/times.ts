/** Times and ages as people read them: in the site's zone, with its name. */
import { computed, signal } from "@preact/signals";
import { language } from "./preferences";
import { words } from "./words";

/** The site's time zone, an IANA name; the gateway tells it. */
export const siteZone = signal("UTC");

/** The gateway's clock minus this machine's, in milliseconds, as the live map tells it. */
export const clockOffsetMs = signal(0);

/** The gateway's time now, in milliseconds since 1970. */
export function nowMs(): number {
  return Date.now() + clockOffsetMs.value;
}

/** An answer's `Date` counts as a clock from so much on: it is whole seconds old, and came late. */
const DATE_ERROR_MS = 2000;

/** Until the live map tells the clock better: that of an answer over HTTP, where ours is wrong. */
export function takeDate(date: string | null): void {
  if (date === null || clockOffsetMs.peek() !== 0) return;
  const offsetMs = Date.parse(date) - Date.now();
  if (Math.abs(offsetMs) > DATE_ERROR_MS) clockOffsetMs.value = offsetMs;
}

/** A second's beat, for ages that grow while nothing else happens. */
export const beat = signal(0);
setInterval(() => {
  beat.value += 1;
}, 1000);

const HOUR_MS = 3_600_000;
/** The hour that it is, as a number that changes once an hour: what is over a span is asked anew. */
export const hour = computed(() => {
  void beat.value;
  return Math.floor(nowMs() / HOUR_MS);
});

type Part = "clock" | "minute" | "day" | "date";
const SHAPES: Record<Part, Intl.DateTimeFormatOptions> = {
  clock: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
  minute: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  day: { weekday: "short", day: "numeric", month: "short", year: "numeric" },
  date: { year: "numeric", month: "2-digit", day: "2-digit" },
};

const LOCALES = { en: "en-GB", de: "de-DE" };
export const locale = computed(() => LOCALES[language.value]);

const formats = computed(() => {
  const made = {} as Record<Part, Intl.DateTimeFormat>;
  for (const part of Object.keys(SHAPES) as Part[]) {
    made[part] = new Intl.DateTimeFormat(locale.value, {
      ...SHAPES[part],
      timeZone: siteZone.value,
    });
  }
  return made;
});

export type Moment = string | number;

/** Milliseconds since 1970 of what the API calls a time. */
export function msOf(moment: Moment): number {
  return typeof moment === "number" ? moment : Date.parse(moment);
}

/** `14:32:07` */
export function clock(moment: Moment): string {
  return formats.value.clock.format(msOf(moment));
}

/** `14:32` */
export function minute(moment: Moment): string {
  return formats.value.minute.format(msOf(moment));
}

/** `Tue 17 Nov 2026`, without the commas that some languages put there. */
export function day(moment: Moment): string {
  return formats.value.day.format(msOf(moment)).replaceAll(",", "");
}

/** `14:32:07` today, `Tue 17 Nov 2026 14:32` on another day. */
export function when(moment: Moment): string {
  const isToday = formats.value.date.format(msOf(moment)) === formats.value.date.format(nowMs());
  return isToday ? clock(moment) : `${day(moment)} ${minute(moment)}`;
}

const zoneFormat = computed(
  () => new Intl.DateTimeFormat("en-GB", { timeZone: siteZone.value, timeZoneName: "short" }),
);

/** The short name of the site's zone at that moment, such as `CET`. */
export function zoneName(moment: Moment = nowMs()): string {
  const parts = zoneFormat.value.formatToParts(msOf(moment));
  return parts.find((each) => each.type === "timeZoneName")?.value ?? siteZone.value;
}

const tenths = computed(
  () => new Intl.NumberFormat(locale.value, { minimumFractionDigits: 1, maximumFractionDigits: 1 }),
);

/** How long: `0.4 s`, in German `0,4 s`; `12 s`, `12 min`, `3 h`, `2 d`. */
export function span(ms: number): string {
  const s = Math.max(0, ms) / 1000;
  if (s < 9.95) return `${tenths.value.format(s)} s`;
  if (s < 99.5) return `${Math.round(s)} s`;
  if (s < 99.5 * 60) return `${Math.round(s / 60)} min`;
  if (s < 48 * 3600) return `${Math.round(s / 3600)} h`;
  return `${Math.round(s / 86400)} d`;
}

/** How long ago: an age, and the date where it is longer than two days ago. Follows the beat. */
export function ago(moment: Moment): string {
  void beat.value;
  const age = nowMs() - msOf(moment);
  return age < 48 * 3_600_000 ? words().frame.ago(span(age)) : when(moment);
}
