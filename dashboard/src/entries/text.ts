/** Settings as text that people edit, and back. */
import type { Settings } from "./entry";

/** The settings, one key a line, nested ones indented. */
export function textOf(settings: Settings): string {
  return JSON.stringify(settings, null, 2);
}

/** The settings in a text. Throws SyntaxError, in words, where it is none. */
export function settingsIn(text: string): Settings {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new SyntaxError("must be an object in braces");
  }
  return value as Settings;
}

/** One setting in a text; empty for none, and what is wrong with it where it is no JSON. */
export function settingOf(text: string): { value: unknown; isWrong: boolean } {
  if (!text.trim()) return { value: undefined, isWrong: false };
  try {
    return { value: JSON.parse(text), isWrong: false };
  } catch {
    return { value: undefined, isWrong: true };
  }
}
