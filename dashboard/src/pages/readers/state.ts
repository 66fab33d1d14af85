/** A reader's state in words and urgency. */
import type { Reader, Severity } from "../../api/shape";
import { span } from "../../times";
import { words } from "../../words";

/** From this difference on, a reader's clock is worth a remark. */
const CLOCK_OFF_MS = 500;

/** How much care a reader needs; null for one that is well. */
export function careOf(reader: Reader): Severity | null {
  if (["silent", "offline", "misconfigured"].includes(reader.state)) return "warning";
  if (Object.values(reader.antennas).includes("disconnected")) return "warning";
  if (reader.state === "connecting" || isClockOff(reader)) return "info";
  return null;
}

function isClockOff(reader: Reader): boolean {
  return Math.abs(reader.clock_offset_ms ?? 0) >= CLOCK_OFF_MS;
}

/** Its state in a few words: `Reading`, `Silent for 40 min`, `Clock 1.8 s behind`. */
export function stateText(reader: Reader, nowMs: number): string {
  const told = words().readers;
  const state = told.states[reader.state];
  if (reader.state === "online") return isClockOff(reader) ? clockText(reader) : state;
  if (reader.state === "disabled" || reader.state === "maintenance") return state;
  return told.stateFor(state, span(nowMs - Date.parse(reader.since)));
}

function clockText(reader: Reader): string {
  const offset = reader.clock_offset_ms ?? 0;
  const off = span(Math.abs(offset));
  return offset < 0 ? words().readers.clockBehind(off) : words().readers.clockAhead(off);
}

/** The zones that it hears, each once. */
export function zonesOf(reader: Reader): string[] {
  const zones = [...reader.points.map((point) => point.zone), reader.zone];
  return [...new Set(zones.filter((zone): zone is string => zone !== null && zone !== undefined))];
}

/** Those that need care first, then by name. */
export function inOrder(readers: readonly Reader[]): Reader[] {
  const rank = { warning: 0, info: 1, critical: 0 };
  const of = (reader: Reader) => {
    const care = careOf(reader);
    return care === null ? 2 : rank[care];
  };
  return readers.toSorted((a, b) => of(a) - of(b) || a.name.localeCompare(b.name));
}
