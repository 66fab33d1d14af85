/** What happened, in words. */
import { alertSentence } from "../alarms/sentence";
import { words } from "../words";
import type { Bar, PastEvent } from "./entries";

export interface Told {
  readonly head: string;
  readonly rest: string;
}

/** An event as a line and what is added to it. Reading subscribes to the language. */
export function eventWords({ what }: PastEvent): Told {
  if (what.type === "alert") return { head: alertSentence(what.alert), rest: what.alert.rule };
  const told = words().history;
  if (what.type === "crossing") {
    const { direction, portal, confidence, late } = what.crossing;
    return { head: told.portal[direction](portal), rest: joined(sureWords(confidence), late) };
  }
  const { from, to, confidence, late } = what.movement;
  const sure = typeof confidence === "number" ? sureWords(confidence) : "";
  if (to === null) return { head: from ? told.left(from) : told.outside, rest: joined(sure, late) };
  const origin = from ? told.fromZone(from) : "";
  return { head: told.entered(to), rest: joined([origin, sure].filter(Boolean).join(", "), late) };
}

function sureWords(confidence: number): string {
  return words().history.sure(Math.round(confidence * 100));
}

function joined(text: string, late: boolean): string {
  return [text, late ? words().history.late : ""].filter(Boolean).join(", ");
}

/** Why nobody knows where it was. */
export function reasonWords(bar: Bar): string {
  const told = words().history;
  if (bar.reason === null) return "";
  return bar.reason === "reader_down" && bar.readers.length
    ? told.readersDown(bar.readers.join(", "))
    : told.reasons[bar.reason];
}

/** A bar as its label says it. */
export function barWords(bar: Bar): string {
  const told = words().history;
  return bar.kind === "zone" ? (bar.zone ?? "") : `${told.noRead}: ${reasonWords(bar)}`;
}
