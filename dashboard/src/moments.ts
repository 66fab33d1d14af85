/** Moments as fields and addresses write them, and days by the clock of a zone. Pure. */

const SECOND = 1000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A moment of the address: as the API writes times, or milliseconds. */
export function momentIn(text: string | null): number | null {
  if (!text) return null;
  const moment = /^\d{12,14}$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isNaN(moment) ? null : moment;
}

/** How far the clock of a zone is ahead of UTC at a moment. */
export function offsetIn(zone: string): (moment: number) => number {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  return (moment) => {
    const whole = Math.floor(moment / SECOND) * SECOND;
    const part = (type: string, parts: Intl.DateTimeFormatPart[]) =>
      Number(parts.find((each) => each.type === type)?.value ?? 0);
    const parts = format.formatToParts(whole);
    const [year, month, day] = [part("year", parts), part("month", parts), part("day", parts)];
    const [h, min, s] = [part("hour", parts), part("minute", parts), part("second", parts)];
    return Date.UTC(year, month - 1, day, h, min, s) - whole;
  };
}

/** `2026-11-17T14:32:05` by the clock of a zone, for a field; without what the offset is. */
export function fieldText(moment: number, zone: string): string {
  return new Date(moment + offsetIn(zone)(moment)).toISOString().slice(0, 19);
}

/** The moment of such a text; null where it is none. */
export function momentOf(text: string, zone: string): number | null {
  const local = Date.parse(`${text}Z`);
  if (Number.isNaN(local)) return null;
  const offsetOf = offsetIn(zone);
  return local - offsetOf(local - offsetOf(local));
}

/** The day by the clock of a zone in which a moment lies; 23 or 25 hours where that changes. */
export function dayOf(moment: number, zone: string): { from: number; to: number } {
  const date = fieldText(moment, zone).slice(0, 10);
  const from = momentOf(`${date}T00:00:00`, zone) ?? moment;
  const next = fieldText(from + 30 * HOUR, zone).slice(0, 10);
  return { from, to: momentOf(`${next}T00:00:00`, zone) ?? from + DAY };
}
