/** The catalogue of texts: one object a language, of the same shape, by part of the pages. */
import { computed } from "@preact/signals";
import { language } from "../preferences";
import { de } from "./de";
import { en } from "./en";

/** Texts and functions that make texts; a language that lacks one does not compile. */
export type Words = typeof en;

const languages: Record<string, Words> = { en, de };
const chosen = computed(() => languages[language.value] ?? en);

/** The texts in the chosen language: `words().live.title`. Reading subscribes to the language. */
export function words(): Words {
  return chosen.value;
}
