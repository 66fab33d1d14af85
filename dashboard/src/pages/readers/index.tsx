/** Readers: how each is, in words, and what to do about those that need care. */
import { asked, look } from "../../address";
import { ask } from "../../api/client";
import type { Reader, Zone } from "../../api/shape";
import { EntryDialog } from "../../entries/dialog";
import { Button, Segments } from "../../parts/controls";
import { Spark } from "../../parts/figures";
import { useListed } from "../../parts/listed";
import { AlertSymbol } from "../../parts/symbol";
import { type Column, Table } from "../../parts/table";
import { may } from "../../session";
import { ago, beat, nowMs, span } from "../../times";
import { words } from "../../words";
import { ReaderDetail } from "./detail";
import { careOf, inOrder, stateText, zonesOf } from "./state";

const EVERY_MS = 2_000;

/** What a new one begins with: where it hears and under which address, its people say. */
async function newReader() {
  const { items } = await ask<{ items: Zone[] }>("zones", { limit: 1 });
  return { name: "", driver: "llrp", address: "", zone: items[0]?.name };
}

export function Page() {
  const told = words().readers;
  const listed = useListed<Reader>("readers", { limit: 1000 }, EVERY_MS);
  const readers = listed.rows && inOrder(listed.rows);
  const needy = readers?.filter((each) => careOf(each) !== null);
  const filter = asked("care") === "1" ? "care" : "all";
  const shown = filter === "care" ? needy : readers;
  const picked = readers?.find((each) => each.name === asked("reader")) ?? readers?.[0];
  return (
    <>
      <div class="bar">
        <h1>{words().frame.pages.readers}</h1>
        <Segments
          label={told.table}
          choices={[
            { name: "all", text: told.all, count: readers?.length ?? 0 },
            { name: "care", text: told.needCare, count: needy?.length ?? 0 },
          ]}
          chosen={filter}
          onChoose={(name) => look({ care: name === "care" ? 1 : null })}
        />
        <a class="btn ghost no-ph" href="/quality">
          {told.quality.link}
        </a>
        <span class="grow" />
        {may("site") && (
          <Button primary onClick={() => look({ add: 1 })}>
            {told.add}
          </Button>
        )}
      </div>
      <div class="page rowp">
        <Table
          caption={told.table}
          columns={columns()}
          rows={shown}
          keyOf={(reader) => reader.name}
          failed={listed.failed.value}
          onRetry={listed.again}
          onClear={filter === "care" ? () => look({ care: null }) : undefined}
          lookOf={(reader) => (reader.name === picked?.name ? "on" : "")}
          onPick={(reader) => look({ reader: reader.name })}
        >
          {filter === "all" && <h2>{told.none}</h2>}
        </Table>
        {picked && <ReaderDetail key={picked.name} reader={picked} onChanged={listed.again} />}
      </div>
      {asked("add") && (
        <EntryDialog
          part="readers"
          name={null}
          fresh={newReader}
          title={told.add}
          onClose={() => look({ add: null })}
          onDone={listed.again}
        />
      )}
    </>
  );
}

function columns(): Column<Reader>[] {
  const { head, perSecond } = words().readers;
  return [
    { head: head.name, cell: (reader) => <ReaderName reader={reader} /> },
    { head: head.state, cell: (reader) => <ReaderState reader={reader} />, wide: true },
    { head: head.place, cell: (reader) => zonesOf(reader).join(", "), minor: true },
    { head: head.lately, cell: (reader) => <Spark values={reader.series} />, minor: true },
    {
      head: head.rate,
      right: true,
      cell: (reader) => (
        <>
          {reader.reads_per_second.toFixed(reader.reads_per_second < 10 ? 1 : 0)}
          <span class="mut">{perSecond}</span>
        </>
      ),
    },
    {
      head: head.lastRead,
      right: true,
      minor: true,
      cell: heardText,
    },
    { head: head.antennas, right: true, minor: true, cell: antennasText },
    { head: head.clock, right: true, minor: true, cell: clockText },
  ];
}

/** What tells places or values reads no tags; that it speaks is news enough. */
function heardText({ last_read, last_message }: Reader) {
  if (last_read) return ago(last_read);
  if (!last_message) return words().frame.never;
  return <span class="mut">{words().readers.messageOnly(ago(last_message))}</span>;
}

function ReaderName({ reader }: { reader: Reader }) {
  const query = new URLSearchParams({ reader: reader.name });
  return (
    <a class="b" href={`/readers?${query}`} title={reader.name}>
      {reader.name}
    </a>
  );
}

export function ReaderState({ reader }: { reader: Reader }) {
  void beat.value;
  const care = careOf(reader);
  return (
    <span class="st">
      {care ? <AlertSymbol severity={care} /> : <span class="dot f" />}
      <span class={care ? "" : "sec"}>{stateText(reader, nowMs())}</span>
    </span>
  );
}

function antennasText(reader: Reader): string {
  const states = Object.values(reader.antennas);
  if (states.length === 0) return "";
  const well = states.filter((state) => state === "connected").length;
  return words().readers.of(well, states.length);
}

function clockText(reader: Reader): string {
  const offset = reader.clock_offset_ms;
  if (offset === null) return "";
  if (Math.abs(offset) < 1000) return `${offset} ms`.replace("-", "−");
  return `${offset < 0 ? "−" : ""}${span(Math.abs(offset))}`;
}
