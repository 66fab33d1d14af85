/** Numbers as people read them, in the language of the pages. */
import { locale } from "./times";

/** `12,480`: a number with its thousands apart. */
export function figure(value: number): string {
  return value.toLocaleString(locale.value);
}
