/** The zones of a floor as rows: what the plan says by labels, lines and hatching. Pure. */
import { type LiveState, SEVERITY_SHIFT } from "../../live/frame";
import { isLastKnown } from "../../live/live";

export interface ZoneRow {
  readonly name: string;
  readonly all: number;
  readonly lastKnown: number;
  /** Open alerts that stand in it. */
  readonly alerts: number;
  readonly isRestricted: boolean;
  readonly isUnheard: boolean;
}

/** What is said of zones beside the live map. */
export interface ZonesSaid {
  readonly restricted: ReadonlySet<string>;
  readonly unheard: ReadonlySet<string>;
}

/** A row for each of `names`, in their order; assets and tags count as on the plan. */
export function zoneRows(map: LiveState, names: readonly string[], said: ZonesSaid): ZoneRow[] {
  const tallies = new Map(names.map((name) => [name, { all: 0, lastKnown: 0, alerts: 0 }]));
  for (let index = 0; index < map.count; index++) {
    const tally = tallies.get(map.zones[map.zone[index] ?? -1]?.name ?? "");
    if (!map.name[index] || !tally) continue;
    tally.all += 1;
    if (isLastKnown(map, index)) tally.lastKnown += 1;
    if (((map.state[index] ?? 0) >> SEVERITY_SHIFT) & 3) tally.alerts += 1;
  }
  return names.map((name) => ({
    name,
    ...(tallies.get(name) ?? { all: 0, lastKnown: 0, alerts: 0 }),
    isRestricted: said.restricted.has(name),
    isUnheard: said.unheard.has(name),
  }));
}
