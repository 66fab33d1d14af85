/** The same as the plan in rows: sorted by any column, found by letters, picked by a key. */
import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asked, look } from "../../address";
import { symbolStateOf } from "../../alarms/order";
import { orderedAlerts } from "../../alarms/store";
import { assetById } from "../../live/assets";
import { live } from "../../live/live";
import { Field } from "../../parts/controls";
import { AlertSymbol, labelOf, type SymbolState } from "../../parts/symbol";
import { type Column, Table } from "../../parts/table";
import { ShapeGlyph } from "../../plan/glyph";
import { shapeOf } from "../../plan/shapes";
import { isSiteKnown, siteRefusal } from "../../site";
import { ago } from "../../times";
import { words } from "../../words";
import { floorTitle, hidden, pickAsset, pickedAsset, shownFloor } from "./choices";
import { type LiveRow, type Order, orderOf, rowsOf, type SortKey, sorted } from "./rows";
import { ZoneTable } from "./zone-table";

const STEP = 200;
/** Rows are read anew so often: faster, nobody could read them. */
const EVERY_MS = 2000;

export function TableView() {
  const told = words().live.table_;
  const most = useSignal(STEP);
  const turn = useSignal(0);
  useEffect(() => {
    const timer = setInterval(() => {
      turn.value += 1;
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, [turn]);
  const rows = useComputed(() => {
    void turn.value;
    const floor = shownFloor.value?.name ?? "";
    const found = rowsOf(live, floor, assetById.value, hidden.value, asked("q") ?? "");
    const { by, down } = orderOf(asked("sort"));
    return sorted(found, by, down);
  });
  const floor = shownFloor.value;
  const title = floor ? floorTitle(floor, words().live.noFloorName) : "";
  const text = asked("q") ?? "";
  return (
    <div class="page live-table">
      <div class="row">
        <Field label={told.find} type="search" value={text} onInput={(q) => look({ q })} />
        <span class="mut sm">
          {told.more(Math.min(most.value, rows.value.length), rows.value.length)}
        </span>
      </div>
      <Table
        caption={told.caption(title)}
        columns={columns(sortBy(orderOf(asked("sort"))))}
        rows={live.turn && isSiteKnown.value ? rows.value.slice(0, most.value) : undefined}
        keyOf={(row) => row.name}
        failed={siteRefusal.value}
        lookOf={(row) =>
          `${row.name === pickedAsset.value ? "on" : ""} ${row.hot && stateOf(row) === "new" ? "hot" : ""}`.trim()
        }
        onPick={(row) => pickAsset(row.name)}
        onClear={text ? () => look({ q: null }) : undefined}
        onMore={
          rows.value.length > most.value
            ? () => {
                most.value += STEP;
              }
            : undefined
        }
      />
      <ZoneTable turn={turn.value} caption={told.zones(title)} />
    </div>
  );
}

function sortBy(order: Order): Sort {
  return (by) => {
    const isBy = order.by === by;
    const next = isBy && !order.down ? `-${by}` : by;
    return {
      sorted: isBy ? (order.down ? "down" : "up") : "no",
      onSort: () => look({ sort: next === "name" ? null : next }),
    };
  };
}

type Sort = (by: SortKey) => Pick<Column<LiveRow>, "sorted" | "onSort">;

function columns(sort: Sort): Column<LiveRow>[] {
  const told = words().live.table_;
  return [
    { head: told.asset, cell: (row) => <Name row={row} />, wide: true, ...sort("name") },
    { head: told.category, cell: (row) => row.category, minor: true, ...sort("category") },
    { head: told.zone, cell: (row) => row.zone ?? told.noZone, ...sort("zone") },
    { head: told.sure, cell: sureness, minor: true, ...sort("sure") },
    { head: told.alert, cell: alertCell, minor: true, ...sort("alert") },
    { head: told.heard, cell: (row) => ago(row.heardMs), right: true, ...sort("heard") },
  ];
}

function Name({ row }: { row: LiveRow }) {
  const shown = row.lastKnown ? "lastKnown" : row.provisional ? "provisional" : "seen";
  return (
    <button type="button" class="plain row" onClick={() => pickAsset(row.name)}>
      <ShapeGlyph shape={shapeOf(row.category)} look={shown} />
      <b class="el" title={row.title}>
        {row.title}
      </b>
    </button>
  );
}

function sureness(row: LiveRow): string {
  const told = words().live;
  if (row.lastKnown) return told.lastKnown;
  return row.provisional ? told.table_.provisional : told.table_.seen;
}

function alertCell(row: LiveRow) {
  const severity = row.alert;
  if (!severity) return "";
  const state = stateOf(row);
  return (
    <span class="st">
      <AlertSymbol severity={severity} state={state} />
      {labelOf(severity, state)}
    </span>
  );
}

/** How its worst alert stands; the list is ordered so. */
function stateOf(row: LiveRow): SymbolState {
  const alert = orderedAlerts.value.find(
    ({ asset, tag, severity }) => (asset ?? tag) === row.name && severity === row.alert,
  );
  return alert ? symbolStateOf(alert) : "new";
}
