/** What this browser remembers of its user: theme, language, sound, keys. */
import { effect, type Signal, signal } from "@preact/signals";

/** A signal that keeps its value in this browser under `tagwarden.NAME`; private windows forget it. */
export function kept<T>(name: string, usual: T, isFit: (value: unknown) => value is T): Signal<T> {
  const key = `tagwarden.${name}`;
  const made = signal(readKept(key, usual, isFit));
  effect(() => {
    const text = JSON.stringify(made.value);
    try {
      localStorage.setItem(key, text);
    } catch {
      // Without storage it lasts as long as the page.
    }
  });
  return made;
}

function readKept<T>(key: string, usual: T, isFit: (value: unknown) => value is T): T {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? "null");
    return isFit(value) ? value : usual;
  } catch {
    return usual;
  }
}

/** A check for `kept`: one of these. */
export function oneOf<const T extends readonly unknown[]>(...choices: T) {
  return (value: unknown): value is T[number] => choices.includes(value);
}

export const isBoolean = oneOf(true, false);

const light = globalThis.matchMedia?.("(prefers-color-scheme: light)").matches;
const german = navigator.language.startsWith("de");

export type Theme = "dark" | "light";
export type Language = "en" | "de";
export const theme = kept<Theme>("theme", light ? "light" : "dark", oneOf("dark", "light"));
export const language = kept<Language>("language", german ? "de" : "en", oneOf("en", "de"));
/** Whether single keys do something (WCAG 2.1.4). */
export const singleKeys = kept<boolean>("keys", true, isBoolean);

/** What the page's root says of theme and language; `?theme=` of the address goes before. */
export function showPreferences(): void {
  const asked = new URLSearchParams(location.search).get("theme");
  if (asked === "dark" || asked === "light") theme.value = asked;
  effect(() => {
    document.documentElement.dataset["theme"] = theme.value;
    document.documentElement.lang = language.value;
  });
}
