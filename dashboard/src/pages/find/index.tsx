/** Find: assets, zones, readers and unknown tags, as somebody types. */
import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { addressTo, asked, go, look } from "../../address";
import type { Asset } from "../../api/shape";
import { csvOf } from "../../csv";
import { saveCsv } from "../../files";
import { useKeys } from "../../keys";
import { assetById, categories, keepAssets } from "../../live/assets";
import { liveTurn, whereIs } from "../../live/live";
import { readers, useReaders } from "../../live/readers";
import { figure } from "../../numbers";
import { Button, Field, Pick, Segments } from "../../parts/controls";
import { Icon } from "../../parts/icon";
import { useLoaded } from "../../parts/loaded";
import { useSettled } from "../../parts/settled";
import { type Column, Table } from "../../parts/table";
import { ShapeGlyph } from "../../plan/glyph";
import { shapeOf } from "../../plan/shapes";
import { zones } from "../../site";
import { ago } from "../../times";
import { words } from "../../words";
import { findAssets } from "./asks";
import { filtersIn, LONGER, type Longer, namesWith, placeAfter } from "./filters";
import { UnknownTags } from "./unknown";

const STEP = 200;

export function Page() {
  const told = words().history.find;
  useEffect(keepAssets, []);
  useReaders();
  const isUnknown = asked("view") === "unknown";
  return (
    <>
      <div class="bar">
        <h1>{told.title}</h1>
        <Segments
          label={told.view}
          choices={[
            { name: "assets", text: told.assets },
            { name: "unknown", text: told.unknown },
          ]}
          chosen={isUnknown ? "unknown" : "assets"}
          onChoose={(name) => look({ view: name === "unknown" ? name : null }, true)}
        />
      </div>
      {isUnknown ? <UnknownTags /> : <Assets />}
    </>
  );
}

function useFound() {
  const filters = filtersIn(asked);
  const wanted = useSignal(STEP);
  const settled = useSettled(JSON.stringify(filters), 150);
  const isKnown = !filters.zone || assetById.value.size > 0;
  const found = useLoaded(
    (ended) => findAssets(JSON.parse(settled), wanted.value, ended),
    `${settled} ${wanted.value} ${isKnown}`,
  );
  return { filters, wanted, found };
}

function Assets() {
  const told = words().history.find;
  const { filters, wanted, found } = useFound();
  const place = useSignal(0);
  const rows = found.value.value?.rows;
  const turn = useComputed(() => liveTurn.value);
  void turn.value;
  const step = (by: number) => {
    place.value = placeAfter(place.value, by, rows?.length ?? 0);
    document.querySelector(".find-page tr.on")?.scrollIntoView({ block: "nearest" });
  };
  const open = () => {
    const asset = rows?.[place.value];
    if (asset) go("asset", { id: asset.id });
  };
  useKeys({ ArrowDown: () => step(1), ArrowUp: () => step(-1) });
  const pressed = (event: KeyboardEvent) => {
    const does: Record<string, () => void> = {
      ArrowDown: () => step(1),
      ArrowUp: () => step(-1),
      Enter: open,
    };
    if (!(event.target instanceof HTMLInputElement) || !does[event.key]) return;
    event.preventDefault();
    does[event.key]?.();
  };
  const picked = rows?.[place.value]?.id;
  const hasFilters = Object.entries(filters).some(([, value]) => value && value !== "any");
  return (
    <div class="page find-page">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: takes the arrow keys of the field in it */}
      <div class="col" onKeyDown={pressed}>
        <FilterFields />
        <FilterChips />
      </div>
      <Places />
      <div class="row btw">
        <span class="mut sm" role="status">
          {rows && told.shown(figure(rows.length))}
          {found.value.value?.hasMore && `, ${told.more}`}
        </span>
        <Button icon="download" onClick={() => save(rows ?? [])}>
          {words().frame.exportAs}
        </Button>
      </div>
      <Table
        caption={told.assets}
        columns={columns()}
        rows={rows}
        keyOf={({ id }) => id}
        failed={found.failed.value}
        onRetry={found.again}
        lookOf={({ id }) => (id === picked ? "on" : "")}
        onPick={({ id }) => go("asset", { id })}
        onClear={hasFilters ? clear : undefined}
        onMore={
          found.value.value?.hasMore
            ? () => {
                wanted.value += STEP;
              }
            : undefined
        }
      />
    </div>
  );
}

const FILTERS = ["q", "category", "group", "zone", "reader", "unseen"] as const;
const clear = () => look(Object.fromEntries(FILTERS.map((name) => [name, null])));

function columns(): Column<Asset>[] {
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
  return where ? ago(where.heardMs) : words().history.find.never;
}

function FilterFields() {
  const told = words().history.find;
  const filters = filtersIn(asked);
  const choices = (names: readonly string[]) =>
    ["", ...names].map((name) => ({ name, text: name || told.any }));
  const groups = [...new Set([...assetById.value.values()].map(({ group }) => group))];
  return (
    <div class="find-fields">
      <Field label={told.q} type="search" value={asked("q") ?? ""} onInput={(q) => look({ q })} />
      <Pick
        label={told.category}
        value={filters.category}
        choices={choices(categories.value)}
        onPick={(category) => look({ category })}
      />
      {groups.some(Boolean) && (
        <Pick
          label={told.group}
          value={filters.group}
          choices={choices(groups.filter(Boolean).slice(0, 100))}
          onPick={(group) => look({ group })}
        />
      )}
      <Pick
        label={told.zone}
        value={filters.zone}
        choices={choices(zones.value.map(({ name }) => name))}
        onPick={(zone) => look({ zone })}
      />
      <Pick
        label={told.reader}
        value={filters.reader}
        choices={choices((readers.value ?? []).map(({ name }) => name))}
        onPick={(reader) => look({ reader })}
      />
      <Pick<Longer>
        label={told.unseen}
        value={filters.unseen}
        choices={LONGER.map((name) => ({ name, text: told.longer[name] }))}
        onPick={(unseen) => look({ unseen: unseen === "any" ? null : unseen })}
      />
    </div>
  );
}

function FilterChips() {
  const told = words().history.find;
  const { q: _, unseen, ...named } = filtersIn(asked);
  const set: [string, string][] = Object.entries(named).filter(([, value]) => value);
  if (unseen !== "any") set.push(["unseen", `${told.unseen}: ${told.longer[unseen]}`]);
  if (set.length === 0) return null;
  return (
    <div class="row find-chips">
      {set.map(([name, text]) => (
        <button
          type="button"
          key={name}
          class="chip on"
          aria-label={told.without(text)}
          onClick={() => look({ [name]: null })}
        >
          <span class="el">{text}</span>
          <Icon name="close" />
        </button>
      ))}
    </div>
  );
}

const PLACES = 6;

/** Zones and readers whose name fits what is typed. */
function Places() {
  const told = words().history.find;
  const { q } = filtersIn(asked);
  const someZones = namesWith(zones.value, q, PLACES);
  const someReaders = namesWith(readers.value ?? [], q, PLACES);
  if (!someZones.length && !someReaders.length) return null;
  return (
    <div class="row find-chips">
      {someZones.map(({ name }) => (
        <a class="chip" key={name} href={addressTo("find", { zone: name })}>
          <Icon name="zones" />
          <span class="el">{name}</span>
        </a>
      ))}
      {someReaders.map(({ name }) => (
        <a
          class="chip"
          key={name}
          href={addressTo("readers", { reader: name })}
          title={told.readers}
        >
          <Icon name="readers" />
          <span class="el">{name}</span>
        </a>
      ))}
    </div>
  );
}

function save(rows: readonly Asset[]): void {
  const head = ["id", "name", "category", "group", "tags", "zone", "state", "last_seen"];
  const cells = rows.map((asset) => {
    const where = whereIs(asset.id);
    const heard = where ? new Date(where.heardMs).toISOString() : "";
    const { id, name, category, group, tags } = asset;
    return [id, name, category, group, tags.join(" "), where?.zone, stateWords(id), heard];
  });
  saveCsv(csvOf(head, cells), "assets.csv");
}
