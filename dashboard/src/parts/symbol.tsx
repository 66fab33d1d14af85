/** The symbols of alerts: shape first, colour second. One geometry for SVG and canvas. */
import type { Severity } from "../api/shape";
import { words } from "../words";

/** How a symbol is drawn: filled, outlined with a tick, outlined and dashed. */
export type SymbolState = "new" | "acknowledged" | "shelved";

/** The outline around 0, 0 as SVG path data: triangle, diamond, circle of about radius `r`. */
export function outlineOf(severity: Severity, r: number): string {
  if (severity === "critical") {
    return `M0 ${-r * 1.12}L${r * 1.14} ${r * 0.86}L${-r * 1.14} ${r * 0.86}Z`;
  }
  if (severity === "warning") return `M0 ${-r * 1.15}L${r * 1.15} 0L0 ${r * 1.15}L${-r * 1.15} 0Z`;
  return `M${-r} 0A${r} ${r} 0 1 1 ${r} 0A${r} ${r} 0 1 1 ${-r} 0Z`;
}

/** What stands in it: "!" or "i" where it is new, a tick where somebody has it. */
export function markOf(severity: Severity, state: SymbolState, r: number): string {
  if (state === "acknowledged") {
    const down = severity === "critical" ? r * 0.14 : 0;
    return `M${-r * 0.42} ${r * 0.08 + down}L${-r * 0.1} ${r * 0.4 + down}L${r * 0.46} ${-r * 0.3 + down}`;
  }
  if (severity === "info") return `M0 ${-r * 0.08}V${r * 0.5}M0 ${-r * 0.5}V${-r * 0.32}`;
  const down = severity === "critical" ? r * 0.06 : 0;
  return `M0 ${-r * 0.52 + down}V${r * 0.16 + down}M0 ${r * 0.36 + down}V${r * 0.54 + down}`;
}

export const SHORT: Record<Severity, "crit" | "warn" | "info"> = {
  critical: "crit",
  warning: "warn",
  info: "info",
};

interface AlertSymbolProps {
  severity: Severity;
  state?: SymbolState;
  /** Grey, for legends, rules and forms: nothing is happening there. */
  quiet?: boolean;
  large?: boolean;
}

export function AlertSymbol({ severity, state = "new", quiet, large }: AlertSymbolProps) {
  const r = severity === "critical" ? 10.2 : 9;
  const look = `sym ${SHORT[severity]} is-${state}${quiet ? " q" : ""}${large ? " lg" : ""}`;
  return (
    <svg class={look} viewBox="-12 -12 24 24" role="img" aria-label={labelOf(severity, state)}>
      <path class="sym-edge" d={outlineOf(severity, r)} />
      <path class="sym-mark" d={markOf(severity, state, r)} />
    </svg>
  );
}

/** The symbol in words. */
export function labelOf(severity: Severity, state: SymbolState): string {
  const told = words().alarms;
  return state === "new"
    ? told.severities[severity]
    : `${told.severities[severity]}, ${told.symbolStates[state]}`;
}
