/** Tables: loading, rows, none found, failed; on a phone each row becomes a card. */
import type { ComponentChildren } from "preact";
import { words } from "../words";
import { Button } from "./controls";

export interface Column<Row> {
  /** Its head; also the label of the value on a phone. */
  head: string;
  cell: (row: Row) => ComponentChildren;
  /** Numbers stand on the right. */
  right?: boolean;
  /** Left out on a phone. */
  minor?: boolean;
  /** A line of its own on a phone. */
  wide?: boolean;
  /** Whether the rows stand by this column; its head is then a button. */
  sorted?: "up" | "down" | "no";
  onSort?: () => void;
}

interface TableProps<Row> {
  caption: string;
  columns: readonly Column<Row>[];
  /** `undefined` while they load. */
  rows: readonly Row[] | undefined;
  keyOf: (row: Row) => string | number;
  failed?: string | null;
  onRetry?: () => void;
  onClear?: (() => void) | undefined;
  /** `on` for the picked row, `hot` for a critical one. */
  lookOf?: (row: Row) => string;
  onPick?: (row: Row) => void;
  onMore?: (() => void) | undefined;
  /** On a phone each value has the name of its column beside it. */
  named?: boolean;
  children?: ComponentChildren;
}

export function Table<Row>(props: TableProps<Row>) {
  const { columns, rows, failed } = props;
  if (failed && !rows?.length) return <Failed text={failed} onRetry={props.onRetry} />;
  if (rows?.length === 0) return <EmptyTable onClear={props.onClear}>{props.children}</EmptyTable>;
  const look = props.named ? "tbl cards named" : "tbl cards";
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section class={look} tabIndex={0} aria-label={props.caption}>
      {failed && <NotAgain text={failed} onRetry={props.onRetry} />}
      <table aria-busy={rows === undefined}>
        <caption class="unseen">{props.caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.head} {...column} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows ? (
            rows.map((row) => <TableRow key={props.keyOf(row)} row={row} {...props} />)
          ) : (
            <Awaited columns={columns.length} />
          )}
        </tbody>
      </table>
      {props.onMore && (
        <div class="more">
          <Button onClick={props.onMore}>{words().frame.loadMore}</Button>
        </div>
      )}
    </section>
  );
}

const SORTED = { up: "ascending", down: "descending", no: "none" } as const;

function Head<Row>({ head, right, sorted, onSort }: Column<Row>) {
  return (
    <th scope="col" class={right ? "r" : ""} aria-sort={sorted && SORTED[sorted]}>
      {onSort ? (
        <button type="button" class={`sort is-${sorted ?? "no"}`} onClick={onSort}>
          {head}
        </button>
      ) : (
        head
      )}
    </th>
  );
}

function TableRow<Row>(props: TableProps<Row> & { row: Row }) {
  const { row, onPick } = props;
  return (
    <tr class={props.lookOf?.(row) ?? ""} onClick={onPick && (() => onPick(row))}>
      {props.columns.map((column) => (
        <td key={column.head} class={cellLook(column)} data-head={column.head}>
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
}

function cellLook<Row>(column: Column<Row>): string {
  return [column.right && "r", column.minor && "h", column.wide && "w"].filter(Boolean).join(" ");
}

const AWAITED = [1, 2, 3, 4, 5, 6];

function Awaited({ columns }: { columns: number }) {
  return AWAITED.map((row) => (
    <tr key={row} class="awaited">
      <td colSpan={columns}>
        <i />
        {row === 1 && <span class="unseen">{words().frame.loading}</span>}
      </td>
    </tr>
  ));
}

function EmptyTable(props: { children?: ComponentChildren; onClear?: (() => void) | undefined }) {
  return (
    <div class="tbl empty">
      {props.children ?? <h2>{words().frame.noneFound}</h2>}
      {props.onClear && <Button onClick={props.onClear}>{words().frame.clearFilters}</Button>}
    </div>
  );
}

interface Refusal {
  text: string;
  onRetry?: (() => void) | undefined;
}

/** What was not had, why, and another try. */
export function Failed({ text, onRetry }: Refusal) {
  return (
    <div class="tbl empty" role="alert">
      <h2>{words().frame.failed(text)}</h2>
      {onRetry && <Button onClick={onRetry}>{words().frame.tryAgain}</Button>}
    </div>
  );
}

/** Rows are shown, but asking for them once more failed. */
function NotAgain({ text, onRetry }: Refusal) {
  return (
    <div class="not-again row btw sm" role="status">
      <span>{words().frame.notAgain(text)}</span>
      {onRetry && <Button onClick={onRetry}>{words().frame.tryAgain}</Button>}
    </div>
  );
}
