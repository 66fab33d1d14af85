/** G and then a digit changes the page; digits alone belong to the page. */
import { go } from "../address";
import { RAIL } from "./page-list";

const FOR_MS = 1500;
let afterG = false;
let ending: ReturnType<typeof setTimeout> | undefined;

/** G was pressed: for a moment digits mean pages. */
export function pressG(): void {
  afterG = true;
  clearTimeout(ending);
  ending = setTimeout(() => {
    afterG = false;
  }, FOR_MS);
}

/** Whether G was just pressed, so that a digit means a page. */
export function isAfterG(): boolean {
  return afterG;
}

/** Go to a page by its place in the rail, from 1, if G was just pressed. */
export function goTo(number: number): void {
  const target = RAIL[number - 1];
  if (afterG && target) go(target);
  afterG = false;
}
