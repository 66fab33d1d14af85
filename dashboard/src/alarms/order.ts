/** In which order alerts stand, and how a row is kept from jumping under a hand. */
import type { Alert, Severity } from "../api/shape";
import type { SymbolState } from "../parts/symbol";

export type AlertGroup = "new" | "acknowledged" | "aside" | "closed";

export const GROUPS: readonly AlertGroup[] = ["new", "acknowledged", "aside", "closed"];
export const RANK: Record<Severity, number> = { info: 1, warning: 2, critical: 3 };

/** Who is concerned with it: nobody yet, somebody, nobody by design, nobody any more. */
export function groupOf(alert: Alert): AlertGroup {
  switch (alert.state) {
    case "cleared":
      return "closed";
    case "shelved":
    case "suppressed":
    case "out_of_service":
      return "aside";
    case "active_unacknowledged":
    case "returned_unacknowledged":
      return "new";
    default:
      return "acknowledged";
  }
}

/** Whether somebody has to look at it still. */
export function isNew(alert: Alert): boolean {
  return groupOf(alert) === "new";
}

/** How its symbol is drawn. */
export function symbolStateOf(alert: Alert): SymbolState {
  const group = groupOf(alert);
  if (group === "aside") return "shelved";
  return group === "new" ? "new" : "acknowledged";
}

/** Its newest news: it happened again after it was raised, or it was raised late. */
function newsMs({ time, raised_at }: Alert): number {
  return Math.max(Date.parse(time), Date.parse(raised_at));
}

/** Not acknowledged before acknowledged, then severity, then the newest. */
export function inOrder(alerts: Iterable<Alert>): Alert[] {
  return [...alerts].sort(
    (one, other) =>
      GROUPS.indexOf(groupOf(one)) - GROUPS.indexOf(groupOf(other)) ||
      RANK[other.severity] - RANK[one.severity] ||
      newsMs(other) - newsMs(one) ||
      other.seq - one.seq ||
      (one.id < other.id ? -1 : 1),
  );
}

/** The row under the pointer or the focus, and where it stood. */
export interface Held {
  readonly id: string;
  readonly place: number;
}

/** The wanted order, but that the held row stays in its place; the others flow around it. */
export function settle(wanted: readonly Alert[], held: Held | null): Alert[] {
  const kept = held && wanted.find((alert) => alert.id === held.id);
  if (!kept) return [...wanted];
  const others = wanted.filter((alert) => alert !== kept);
  const place = Math.min(held.place, others.length);
  return [...others.slice(0, place), kept, ...others.slice(place)];
}

/** A row of the list: an alert, or how many more of its rule follow. */
export type Row =
  | { readonly alert: Alert; readonly more?: undefined }
  | { readonly alert: Alert; readonly more: number };

const SHOWN_OF_RULE = 3;
const MANY_OF_RULE = 6;

/** Of a rule with very many alerts in one state the first stand alone; a row counts the others. */
export function foldedByRule(
  alerts: readonly Alert[],
  opened: ReadonlySet<string>,
  pickedId: string | null,
): Row[] {
  const counts = new Map<string, number>();
  for (const alert of alerts) counts.set(foldOf(alert), (counts.get(foldOf(alert)) ?? 0) + 1);
  const seen = new Map<string, number>();
  const rows: Row[] = [];
  for (const alert of alerts) {
    const fold = foldOf(alert);
    const all = counts.get(fold) ?? 1;
    const place = (seen.get(fold) ?? 0) + 1;
    seen.set(fold, place);
    const isFolded = all >= MANY_OF_RULE && !opened.has(fold);
    if (!isFolded || place <= SHOWN_OF_RULE || alert.id === pickedId) rows.push({ alert });
    if (isFolded && place === SHOWN_OF_RULE) rows.push({ alert, more: all - SHOWN_OF_RULE });
  }
  return rows;
}

/** What alerts have in common that are folded into one row. */
export function foldOf(alert: Alert): string {
  return `${groupOf(alert)} ${alert.severity} ${alert.rule}`;
}
