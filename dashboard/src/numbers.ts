/** Numbers as people read them, in the language of the pages. */
import { locale } from "./times";

/** `4.5`, or `4,5` in German: at most so many digits after the point. */
export function decimal(value: number, digits = 2): string {
  return value.toLocaleString(locale.value, { maximumFractionDigits: digits });
}

/** `12,480`: a number with its thousands apart. */
export function figure(value: number): string {
  return value.toLocaleString(locale.value);
}
