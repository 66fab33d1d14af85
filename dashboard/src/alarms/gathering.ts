/** Which alerts are open: the list and the stream joined, so that none is lost and none doubled. */
import type { Alert } from "../api/shape";

/** What is known of the open alerts. Each operation takes one and gives the next. */
export interface Gathered {
  /** All that are not cleared, by id. */
  readonly open: ReadonlyMap<string, Alert>;
  /** While the list is read: what the stream told meanwhile, by id; null otherwise. */
  readonly told: ReadonlyMap<string, Alert> | null;
  /** With which number those ended that were cleared lately, so that nothing older brings them back. */
  readonly ended: ReadonlyMap<string, number>;
}

export const NOTHING: Gathered = { open: new Map(), told: null, ended: new Map() };
const ENDED_MAX = 1000;

/** The stream, or an answer, tells of a change. What is older than what is known changes nothing. */
export function hear(known: Gathered, alert: Alert): Gathered {
  const newest = known.open.get(alert.id)?.seq ?? known.ended.get(alert.id) ?? -1;
  if (newest >= alert.seq) return known;
  const open = new Map(known.open);
  put(open, alert);
  return {
    open,
    told: known.told && new Map(known.told).set(alert.id, alert),
    ended: withEnd(known.ended, alert),
  };
}

/** The list is going to be asked for; the stream has to be open by now. */
export function beginReading(known: Gathered): Gathered {
  return { ...known, told: new Map() };
}

/** The list could not be read: what was known stays. */
export function giveUpReading(known: Gathered): Gathered {
  return { ...known, told: null };
}

/**
 * The list was read, all pages of it: it stands, and above it what the stream told meanwhile.
 * A page may be older than that: what was cleared since is not brought back by it.
 */
export function endReading(known: Gathered, list: readonly Alert[]): Gathered {
  const open = new Map<string, Alert>();
  for (const alert of list) {
    if ((known.ended.get(alert.id) ?? -1) < alert.seq) put(open, alert);
  }
  for (const alert of known.told?.values() ?? []) {
    const listed = open.get(alert.id);
    if (listed === undefined || listed.seq < alert.seq) put(open, alert);
  }
  return { ...known, open, told: null };
}

/** Whether two states hold the same alerts in the same state. */
export function isSame(one: Gathered, other: Gathered): boolean {
  if (one.open.size !== other.open.size) return false;
  for (const [id, alert] of one.open) if (other.open.get(id)?.seq !== alert.seq) return false;
  return true;
}

function withEnd(ended: ReadonlyMap<string, number>, alert: Alert): ReadonlyMap<string, number> {
  if (alert.state !== "cleared") return ended;
  const others = [...ended].filter(([id]) => id !== alert.id);
  return new Map([...others, [alert.id, alert.seq] as const].slice(-ENDED_MAX));
}

function put(open: Map<string, Alert>, alert: Alert): void {
  if (alert.state === "cleared") open.delete(alert.id);
  else open.set(alert.id, alert);
}
