/** Numbers as people read them, in the language of the pages. */
import { locale } from "./times";

/** `4.5`, or `4,5` in German: at most so many digits after the point. */
export function decimal(value: number, digits = 2): string {
  return value.toLocaleString(locale.value, { maximumFractionDigits: digits });
}

/** `4.0`: always so many digits after the point, so that a column lines up. */
export function fixed(value: number, digits: number): string {
  const both = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return value.toLocaleString(locale.value, both);
}

/** `−58 dBm`, with the sign of a minus and not a hyphen. */
export function level(rssi_dbm: number): string {
  return `${Math.round(rssi_dbm)} dBm`.replace("-", "−");
}

/** `12,480`: a number with its thousands apart. */
export function figure(value: number): string {
  return value.toLocaleString(locale.value);
}

/** The number that was typed, with a point or a comma; NaN where it is none. */
export function numberIn(text: string): number {
  const typed = text.trim().replace("−", "-").replace(",", ".");
  return /^[-+]?(\d+\.?\d*|\.\d+)$/u.test(typed) ? Number(typed) : Number.NaN;
}
