/** Stock: how much is where, and how sure that is. */
import { addressTo, asked, look } from "../../address";
import { askFully } from "../../api/client";
import type { Shape } from "../../api/shape";
import { csvOf } from "../../csv";
import { saveCsv } from "../../files";
import { nameOf } from "../../live/assets";
import { dayOf, fieldText, momentIn, momentOf } from "../../moments";
import { figure } from "../../numbers";
import { Button, Field, Segments } from "../../parts/controls";
import { StackBar, Tile, Tiles } from "../../parts/figures";
import { useLoaded } from "../../parts/loaded";
import { type Column, Table } from "../../parts/table";
import { ago, beat, msOf, nowMs, siteZone, when } from "../../times";
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
  const by = asked("by") === "item" ? "item" : "zone";
  const asOf = momentIn(asked("as_of"));
  const text = asOf === null ? null : new Date(asOf).toISOString();
  const every = asOf === null ? AGAIN_MS : undefined;
  const moves = useLoaded((ended) => readMoves(asOf, ended), `${text}`, every);
  const past = useLoaded(
    async (ended) => (text ? foldStock(await stockAt(text, ended), by, null) : null),
    `${text} ${by}`,
  );
  void beat.value;
  const then = past.isCurrent ? (past.value.value ?? undefined) : undefined;
  const stock = text ? then : foldStock(stockNow(), by, nowMs());
  return (
    <>
      <StockBar by={by} asOf={asOf} rows={stock?.rows ?? []} />
      <div class="page">
        {asOf !== null && <p class="sec sm">{words().stock.past(when(asOf))}</p>}
        <Figures isNow={asOf === null} stock={stock} moves={moves.value.value} />
        <Table
          caption={by === "zone" ? words().stock.byZone : words().stock.byItem}
          named
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
          rows={moves.value.value && latestOf(moves.value.value.items)}
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
    <div class="bar hist-bar stock-bar">
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
        <span class="sm sec" aria-hidden="true">
          {told.asOf}
        </span>
        <Field
          label={told.asOf}
          type="datetime-local"
          value={asOf === null ? "" : fieldText(asOf, zone).slice(0, 16)}
          onInput={choose}
        />
        {asOf !== null && <Button onClick={() => look({ as_of: null })}>{told.asOfNow}</Button>}
      </div>
      <Button icon="download" onClick={() => save(rows, asOf)}>
        {words().frame.exportAs}
      </Button>
    </div>
  );
}

interface FiguresProps {
  isNow: boolean;
  stock: Stock | undefined;
  moves: Moves | undefined;
}

/** What the two parts of a stock are called: of the past no ages are known, only who could hear. */
function partWords(isNow: boolean): { sure: string; unsure: string; share: string } {
  const told = words().stock;
  return isNow
    ? { sure: told.confirmed, unsure: told.lastKnown, share: told.share }
    : { sure: told.heardThen, unsure: told.unheardThen, share: told.shareThen };
}

function Figures({ isNow, stock, moves }: FiguresProps) {
  const told = words().stock;
  const part = partWords(isNow);
  const total = stock?.total;
  const says = (count: number | undefined) => (count === undefined ? "…" : figure(count));
  const count = says(moves?.items.length);
  return (
    <Tiles>
      <Tile head={told.onHand} value={says(total?.onHand)} unit={told.units} />
      <Tile
        head={part.sure}
        value={says(total?.confirmed)}
        unit={total?.onHand ? told.shareOf(Math.floor((100 * total.confirmed) / total.onHand)) : ""}
      />
      <Tile head={part.unsure} value={says(total?.lastKnown)} />
      <Tile
        head={isNow ? told.moves : told.movesThen}
        value={moves?.isMore ? told.atLeast(count) : count}
      />
    </Tiles>
  );
}

function columns(by: "zone" | "item", isNow: boolean): Column<StockRow>[] {
  const told = words().stock;
  const part = partWords(isNow);
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
      head: part.sure,
      cell: (row) => figure(row.confirmed),
      right: true,
    },
    {
      head: part.unsure,
      cell: (row) => figure(row.lastKnown),
      right: true,
    },
    {
      head: part.share,
      cell: (row) => <StackBar solid={row.confirmed} hatched={row.lastKnown} />,
      wide: true,
    },
    ...(isNow ? [oldest] : []),
  ];
}

/** Read newest first as they became known, shown by when they happened. */
function latestOf(moves: readonly Movement[]): readonly Movement[] {
  return moves.slice(0, LATEST).toSorted((one, other) => msOf(other.time) - msOf(one.time));
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

/** The rows as they are shown; of the past without ages, and with its time in the name of the file. */
function save(rows: readonly StockRow[], asOf: number | null): void {
  const iso = (moment: number) => new Date(moment).toISOString();
  const parts = asOf === null ? ["confirmed", "last_known"] : ["readers_heard", "readers_did_not"];
  const head = ["name", "on_hand", ...parts, ...(asOf === null ? ["oldest_read"] : [])];
  const cells = rows.map(({ name, onHand, confirmed, lastKnown, oldestMs }) => [
    ...[name, onHand, confirmed, lastKnown],
    ...(asOf === null ? [oldestMs === null ? "" : iso(oldestMs)] : []),
  ]);
  const then = asOf === null ? "" : `-${iso(asOf).slice(0, 16).replaceAll(":", "")}`;
  saveCsv(csvOf(head, cells), `stock${then}.csv`);
}
