import { may } from "../../session";

/** Whether this browser may see the live map. */
export function isIn(): boolean {
  return may("look");
}
