/** The zones of the shown floor in rows, under its assets: how many, how sure, what is said of them. */
import { live, unheard } from "../../live/live";
import { figure } from "../../numbers";
import { type Column, Table } from "../../parts/table";
import { zonesOf } from "../../plan/site";
import { restricted, zones } from "../../site";
import { words } from "../../words";
import { shownFloor } from "./choices";
import { type ZoneRow, zoneRows } from "./zone-rows";

interface ZoneTableProps {
  caption: string;
  /** Grows when the rows are to be read anew. */
  turn: number;
}

export function ZoneTable({ caption }: ZoneTableProps) {
  const floor = shownFloor.value?.name ?? "";
  const names = zonesOf(floor, zones.value).map(({ name }) => name);
  const said = { restricted: restricted.value, unheard: unheard.value };
  const rows = zoneRows(live, names, said);
  if (rows.length === 0) return null;
  return (
    <Table
      caption={caption}
      columns={columns()}
      rows={live.turn ? rows : undefined}
      keyOf={(row) => row.name}
    />
  );
}

function columns(): Column<ZoneRow>[] {
  const told = words().live;
  return [
    { head: told.table_.zone, cell: (row) => <b>{row.name}</b>, wide: true },
    { head: told.table_.zoneAssets, cell: (row) => figure(row.all), right: true },
    { head: told.table_.zoneLast, cell: (row) => figure(row.lastKnown), right: true },
    { head: told.table_.zoneAlerts, cell: (row) => figure(row.alerts), right: true },
    { head: told.table_.zoneState, cell: stateWords },
  ];
}

function stateWords(row: ZoneRow): string {
  const told = words().live;
  return [row.isRestricted && told.restricted, row.isUnheard && told.table_.unheard]
    .filter(Boolean)
    .join(", ");
}
