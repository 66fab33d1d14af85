/** Find: assets, zones, readers and unknown tags, as somebody types. */
import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { addressTo, asked, go, look } from "../../address";
import { useKeys } from "../../keys";
import { assetById, categories } from "../../live/assets";
import { liveTurn } from "../../live/live";
import { readers, useReaders } from "../../live/readers";
import { figure } from "../../numbers";
import { Button, Field, Pick, Segments } from "../../parts/controls";
import { Icon } from "../../parts/icon";
import { useLoaded } from "../../parts/loaded";
import { useSettled } from "../../parts/settled";
import { Table } from "../../parts/table";
import { zones } from "../../site";
import { words } from "../../words";
import { findAssets } from "./asks";
import { columns, save } from "./columns";
import { filtersIn, LONGER, type Longer, namesWith, placeAfter } from "./filters";
import { UnknownTags } from "./unknown";

const STEP = 200;

export function Page() {
  const told = words().history.find;
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
  /** Whether what was found is of what is asked, and not of the letters before the last ones. */
  const isFound = found.isCurrent && settled === JSON.stringify(filters);
  return { filters, wanted, found, isFound };
}

function Assets() {
  const told = words().history.find;
  const { filters, wanted, found, isFound } = useFound();
  const place = useSignal(0);
  const isOpening = useSignal(false);
  const rows = found.value.value?.rows;
  const turn = useComputed(() => liveTurn.value);
  void turn.value;
  const step = (by: number) => {
    place.value = placeAfter(place.value, by, rows?.length ?? 0);
    document.querySelector(".find-page tr.on")?.scrollIntoView({ block: "nearest" });
  };
  const open = () => {
    const asset = rows?.[place.value];
    isOpening.value = !isFound;
    if (asset && isFound) go("asset", { id: asset.id });
  };
  // Who presses Enter before it is found has it opened then.
  useEffect(() => {
    if (isFound && isOpening.value) open();
  }, [isFound]);
  useEffect(() => {
    place.value = 0;
  }, [JSON.stringify(filters)]);
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
