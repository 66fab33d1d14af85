/** Stock: how much is where, and how sure that is. */
import { useEffect } from "preact/hooks";
import { addressTo, asked, look } from "../../address";
import { askFully } from "../../api/client";
import type { Shape } from "../../api/shape";
import { saveCsv } from "../../files";
import { keepAssets, nameOf } from "../../live/assets";
import { figure } from "../../numbers";
import { Button, Field, Segments } from "../../parts/controls";
import { StackBar, Tile, Tiles } from "../../parts/figures";
import { useLoaded } from "../../parts/loaded";
import { type Column, Table } from "../../parts/table";
import { csvOf } from "../../past/csv";
import { momentIn } from "../../past/picked";
import { dayOf, fieldText, momentOf } from "../../past/span";
import { ago, beat, nowMs, siteZone, when } from "../../times";
import { words } from "../../words";
import { foldStock, type Stock, type StockRow } from "./fold";
import { stockAt, stockNow } from "./source";

type Movement = Shape<"Movement">;
const AGAIN_MS = 10_000;
const LATEST = 20;
const LIMIT = 1000;

interface Moves {
  readonly items: readonly Movement[];
  readonly isMore: boolean;
}

async function readMoves(asOf: number | null, ended: AbortSignal): Promise<Moves> {
  const until = asOf ?? nowMs();
  const since = new Date(dayOf(until, siteZone.peek()).from).toISOString();
  const query = { since, sort: "-seq", limit: LIMIT };
  const bound = asOf === null ? {} : { until: new Date(asOf).toISOString() };
  type Page = { items: Movement[] };
  const { body, next } = await askFully<Page>("movements", { ...query, ...bound }, ended);
  return { items: body.items, isMore: next !== null };
}

export function Page() {
  useEffect(keepAssets, []);
  const by = asked("by") === "item" ? "item" : "zone";
  const asOf = momentIn(asked("as_of"));
  const text = asOf === null ? null : new Date(asOf).toISOString();
  const every = asOf === null ? AGAIN_MS : undefined;
  const moves = useLoaded((ended) => readMoves(asOf, ended), `${text}`, every);
  const past = useLoaded(
    async (ended) => (text ? foldStock(await stockAt(text, ended), by, Date.parse(text)) : null),
    `${text} ${by}`,
  );
  void beat.value;
  const stock = text ? (past.value.value ?? undefined) : foldStock(stockNow(), by, nowMs());
  return (
    <>
      <StockBar by={by} asOf={asOf} rows={stock?.rows ?? []} />
      <div class="page">
        {asOf !== null && <p class="sec sm">{words().stock.past(when(asOf))}</p>}
        <Figures stock={stock} moves={moves.value.value} />
        <Table
          caption={by === "zone" ? words().stock.byZone : words().stock.byItem}
          columns={columns(by, asOf === null)}
          rows={stock?.rows}
          keyOf={({ name }) => name}
          failed={text ? past.failed.value : null}
          onRetry={past.again}
        >
          <h2>{words().stock.empty}</h2>
        </Table>
        <h2>{words().stock.latest}</h2>
        <Table
          caption={words().stock.latest}
          columns={moveColumns()}
          rows={moves.value.value?.items.slice(0, LATEST)}
          keyOf={({ id }) => id}
          failed={moves.failed.value}
          onRetry={moves.again}
        />
      </div>
    </>
  );
}

function StockBar(props: { by: "zone" | "item"; asOf: number | null; rows: readonly StockRow[] }) {
  const told = words().stock;
  const { by, asOf, rows } = props;
  const zone = siteZone.value;
  const choose = (text: string) => {
    const moment = momentOf(text, zone);
    look({ as_of: moment === null ? null : new Date(Math.min(moment, nowMs())).toISOString() });
  };
  return (
    <div class="bar hist-bar">
      <h1>{words().frame.pages.stock}</h1>
      <Segments
        label={told.by}
        choices={[
          { name: "zone", text: told.byZone },
          { name: "item", text: told.byItem },
        ]}
        chosen={by}
        onChoose={(name) => look({ by: name === "item" ? name : null })}
      />
      <span class="grow" />
      <div class="hist-span">
        <Field
          label={told.asOf}
          type="datetime-local"
          value={asOf === null ? "" : fieldText(asOf, zone).slice(0, 16)}
          onInput={choose}
        />
        {asOf !== null && <Button onClick={() => look({ as_of: null })}>{told.asOfNow}</Button>}
      </div>
      <Button icon="download" onClick={() => save(rows)}>
        {words().frame.exportAs}
      </Button>
    </div>
  );
}

function Figures({ stock, moves }: { stock: Stock | undefined; moves: Moves | undefined }) {
  const told = words().stock;
  const total = stock?.total;
  const says = (count: number | undefined) => (count === undefined ? "…" : figure(count));
  const count = says(moves?.items.length);
  return (
    <Tiles>
      <Tile head={told.onHand} value={says(total?.onHand)} unit={told.units} />
      <Tile
        head={told.confirmed}
        value={says(total?.confirmed)}
        unit={total?.onHand ? told.shareOf(Math.floor((100 * total.confirmed) / total.onHand)) : ""}
      />
      <Tile head={told.lastKnown} value={says(total?.lastKnown)} />
      <Tile head={told.moves} value={moves?.isMore ? told.atLeast(count) : count} />
    </Tiles>
  );
}

function columns(by: "zone" | "item", isNow: boolean): Column<StockRow>[] {
  const told = words().stock;
  const name = (row: StockRow) => row.name || told.other;
  const first: Column<StockRow> = {
    head: by === "zone" ? told.zone : told.item,
    cell: (row) => (
      <a
        class="b el"
        title={name(row)}
        href={addressTo("find", by === "zone" ? { zone: row.name } : { category: row.name })}
      >
        {name(row)}
      </a>
    ),
  };
  const oldest: Column<StockRow> = {
    head: told.oldest,
    cell: ({ oldestMs }) => (oldestMs === null ? "" : ago(oldestMs)),
    right: true,
    minor: true,
  };
  return [
    first,
    { head: told.onHand, cell: (row) => <b>{figure(row.onHand)}</b>, right: true },
    {
      head: told.confirmed,
      cell: (row) => figure(row.confirmed),
      right: true,
      minor: true,
    },
    {
      head: told.lastKnown,
      cell: (row) => figure(row.lastKnown),
      right: true,
      minor: true,
    },
    {
      head: told.share,
      cell: (row) => <StackBar solid={row.confirmed} hatched={row.lastKnown} />,
      wide: true,
    },
    ...(isNow ? [oldest] : []),
  ];
}

function moveColumns(): Column<Movement>[] {
  const told = words().stock;
  return [
    { head: told.time, cell: ({ time }) => when(time) },
    {
      head: told.item,
      cell: ({ asset, tag }) => {
        const name = asset === null ? tag : nameOf(asset);
        return asset === null ? (
          <span class="mono">{name}</span>
        ) : (
          <a class="b el" title={name} href={addressTo("asset", { id: asset })}>
            {name}
          </a>
        );
      },
      wide: true,
    },
    { head: told.from, cell: ({ from }) => from ?? told.nowhere, minor: true },
    { head: told.to, cell: ({ to }) => to ?? told.nowhere },
  ];
}

function save(rows: readonly StockRow[]): void {
  const head = ["name", "on_hand", "confirmed", "last_known", "oldest_read"];
  const cells = rows.map((row) => [
    row.name,
    row.onHand,
    row.confirmed,
    row.lastKnown,
    row.oldestMs === null ? "" : new Date(row.oldestMs).toISOString(),
  ]);
  saveCsv(csvOf(head, cells), "stock.csv");
}
