/** What is said of each asset that was found: on the page, and in a file. */
import { addressTo } from "../../address";
import type { Asset } from "../../api/shape";
import { csvOf } from "../../csv";
import { saveCsv } from "../../files";
import { whereIs } from "../../live/live";
import type { Column } from "../../parts/table";
import { ShapeGlyph } from "../../plan/glyph";
import { shapeOf } from "../../plan/shapes";
import { ago } from "../../times";
import { words } from "../../words";

export function columns(): Column<Asset>[] {
  const told = words().history.find;
  return [
    { head: told.asset, cell: (asset) => <Name asset={asset} />, wide: true },
    { head: told.category, cell: ({ category }) => category, minor: true },
    { head: told.group, cell: ({ group }) => group, minor: true },
    { head: told.zone, cell: ({ id }) => whereIs(id)?.zone ?? words().live.table_.noZone },
    { head: told.state, cell: ({ id }) => stateWords(id), minor: true },
    { head: told.lastSeen, cell: ({ id }) => heardWords(id), right: true },
    { head: told.onPlan, cell: (asset) => <ToPlan asset={asset} />, right: true, minor: true },
  ];
}

function Name({ asset }: { asset: Asset }) {
  const name = asset.name || asset.id;
  return (
    <span class="row">
      <ShapeGlyph
        shape={shapeOf(asset.category)}
        look={whereIs(asset.id)?.lastKnown ? "lastKnown" : "seen"}
      />
      <span class="name-cell">
        <a class="b el" title={name} href={addressTo("asset", { id: asset.id })}>
          {name}
        </a>
        <span class="mut xs el">{[asset.id, ...asset.tags.slice(0, 1)].join(", ")}</span>
      </span>
    </span>
  );
}

function ToPlan({ asset }: { asset: Asset }) {
  const told = words().history.find;
  return (
    <a
      class="btn"
      href={addressTo("live", { asset: asset.id })}
      aria-label={told.onPlanOf(asset.name || asset.id)}
      onClick={(event) => event.stopPropagation()}
      onKeyDown={(event) => event.stopPropagation()}
    >
      {told.onPlan}
    </a>
  );
}

function stateWords(id: string): string {
  const where = whereIs(id);
  if (!where) return words().history.asset.presence.departed;
  return where.lastKnown ? words().live.lastKnown : words().history.asset.presence.present;
}

function heardWords(id: string): string {
  const where = whereIs(id);
  return where ? ago(where.heardMs) : words().frame.never;
}

/** Save what is listed as a file. */
export function save(rows: readonly Asset[]): void {
  const head = ["id", "name", "category", "group", "tags", "zone", "state", "last_seen"];
  const cells = rows.map((asset) => {
    const where = whereIs(asset.id);
    const heard = where ? new Date(where.heardMs).toISOString() : "";
    const { id, name, category, group, tags } = asset;
    return [id, name, category, group, tags.join(" "), where?.zone, stateWords(id), heard];
  });
  saveCsv(csvOf(head, cells), "assets.csv");
}
