/** Colours and letters of the canvas, from the same tokens as everything else. */
import { computed } from "@preact/signals";
import { theme } from "../preferences";

/** The tokens of one theme, read once each. */
export interface Palette {
  readonly colour: (token: string) => string;
  readonly font: (size: number, weight?: number) => string;
}

/** The palette of the chosen theme. */
export const palette = computed<Palette>(() => {
  // The root says the theme to the style sheet; reading it here follows the preference.
  document.documentElement.dataset["theme"] = theme.value;
  const style = getComputedStyle(document.documentElement);
  const known = new Map<string, string>();
  const colour = (token: string) => {
    let value = known.get(token);
    if (value === undefined) {
      value = style.getPropertyValue(token).trim();
      known.set(token, value);
    }
    return value;
  };
  return {
    colour,
    font: (size, weight = 400) => `${weight} ${size.toFixed(2)}px ${colour("--font")}`,
  };
});

/** The size of one pixel of a 16 px root. */
export function unitNow(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1;
}
