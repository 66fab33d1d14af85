/** What the reads of the last hours say about antennas and tags, and what to do about it. */
import { asked, look } from "../../address";
import { ask } from "../../api/client";
import type { Shape } from "../../api/shape";
import { decimal, figure, fixed, level } from "../../numbers";
import { Segments } from "../../parts/controls";
import { Tile, Tiles } from "../../parts/figures";
import { useLoaded } from "../../parts/loaded";
import { type Column, Table } from "../../parts/table";
import { nowMs, when } from "../../times";
import { words } from "../../words";
import { isHardlyRead, isHardToTell } from "./judged";

type Quality = Shape<"Quality">;
const HOURS = [1, 4, 24];
/** A smaller share would be said as 0 %. */
const LEAST_SHARE = 0.005;

export function Page() {
  const told = words().readers.quality;
  const hours = HOURS.find((each) => String(each) === asked("hours")) ?? 1;
  const loaded = useLoaded((ended) => readQuality(hours, ended), String(hours), 30_000);
  const quality = loaded.isCurrent ? loaded.value.value : undefined;
  return (
    <>
      <div class="bar wrap">
        <h1>{words().frame.pages.quality}</h1>
        <Segments
          label={words().frame.pages.quality}
          choices={HOURS.map((each) => ({ name: String(each), text: told.hours(each) }))}
          chosen={String(hours)}
          onChoose={(name) => look({ hours: name === "1" ? null : name })}
        />
      </div>
      <div class="page">
        {quality && <Summary quality={quality} />}
        <Table
          caption={told.points}
          named
          columns={pointColumns()}
          rows={quality?.read_points}
          keyOf={(point) => `${point.reader}/${point.antenna}`}
          failed={loaded.failed.value}
          onRetry={loaded.again}
        />
        {quality && <Remarks quality={quality} />}
      </div>
    </>
  );
}

async function readQuality(hours: number, ended: AbortSignal): Promise<Quality> {
  const since = new Date(nowMs() - hours * 3_600_000).toISOString();
  return await ask<Quality>("quality", { since }, ended);
}

function Summary({ quality }: { quality: Quality }) {
  const told = words().readers.quality;
  return (
    <>
      <Tiles>
        <Tile
          head={told.reads}
          value={figure(quality.reads)}
          unit={told.span(when(quality.since), when(quality.until))}
        />
        <Tile head={told.tags} value={figure(quality.tags)} />
        <Tile head={told.blind} value={quality.blind.length} />
        <Tile head={told.worst} value={quality.worst_tags.filter(isHardlyRead).length} />
      </Tiles>
      {quality.shortened && <p class="sm sec">{told.shortened}</p>}
      {quality.reads_left_out > 0 && <p class="sm sec">{told.left(quality.reads_left_out)}</p>}
    </>
  );
}

function share(value: number | null): string {
  return value === null ? "" : `${Math.round(value * 100)} %`;
}

function pointColumns(): Column<Shape<"Point">>[] {
  const { head, overhears } = words().readers.quality;
  return [
    { head: head.point, cell: (point) => <b>{`${point.reader}/${point.antenna}`}</b> },
    { head: head.zone, cell: (point) => point.zone ?? "" },
    { head: head.rate, right: true, cell: (point) => fixed(point.reads_per_s, 1) },
    { head: head.share, right: true, cell: (point) => share(point.read_share) },
    { head: head.rssi, right: true, minor: true, cell: (point) => levels(point) },
    {
      head: head.louder,
      wide: true,
      cell: (point) =>
        point.louder_in && (point.louder_elsewhere ?? 0) >= LEAST_SHARE
          ? `${share(point.louder_elsewhere)} ${point.louder_in}${point.overhears ? `, ${overhears}` : ""}`
          : "",
    },
  ];
}

function levels(point: Shape<"Point">): string {
  if (point.rssi_dbm_p10 === null || point.rssi_dbm_p90 === null) return "";
  const [low, high] = [level(point.rssi_dbm_p10), level(point.rssi_dbm_p90)];
  return `${low.replace(" dBm", "")} … ${high}`;
}

/** Only what there is to remark on; a good hour is one sentence. */
function Remarks({ quality }: { quality: Quality }) {
  const told = words().readers.quality;
  const { blind, ghosts } = quality;
  const cross = quality.cross_reads.filter(isHardToTell);
  const worst = quality.worst_tags.filter(isHardlyRead);
  if (!blind.length && !cross.length && !worst.length && !ghosts.length)
    return <p class="sec">{told.good}</p>;
  return (
    <>
      {blind.length > 0 && (
        <Remark
          title={told.blind}
          rows={blind}
          columns={blindColumns()}
          keyOf={(each) => `${each.reader}/${each.antenna}`}
        />
      )}
      {cross.length > 0 && (
        <Remark
          title={told.cross}
          rows={cross}
          columns={crossColumns()}
          keyOf={(each) => `${each.louder} ${each.quieter}`}
        />
      )}
      {worst.length > 0 && (
        <Remark title={told.worst} rows={worst} columns={tagColumns()} keyOf={(each) => each.tag} />
      )}
      {ghosts.length > 0 && (
        <Remark
          title={told.ghosts}
          rows={ghosts}
          columns={ghostColumns()}
          keyOf={(each) => each.tag}
        />
      )}
    </>
  );
}

interface RemarkProps<Row> {
  title: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  keyOf: (row: Row) => string;
}

function Remark<Row>({ title, rows, columns, keyOf }: RemarkProps<Row>) {
  return (
    <section class="col">
      <h2>{title}</h2>
      <Table caption={title} columns={columns} rows={rows} keyOf={keyOf} />
    </section>
  );
}

function blindColumns(): Column<Shape<"Blind">>[] {
  const { head, blindReasons } = words().readers.quality;
  return [
    { head: head.point, cell: (each) => <b>{`${each.reader}/${each.antenna}`}</b> },
    { head: head.zone, cell: (each) => each.zone ?? "" },
    {
      head: head.why,
      wide: true,
      cell: (each) => [blindReasons[each.reason], each.detail].filter(Boolean).join(": "),
    },
  ];
}

function crossColumns(): Column<Shape<"CrossRead">>[] {
  const { head } = words().readers.quality;
  return [
    { head: head.loud, cell: (each) => <b>{each.louder}</b> },
    { head: head.quieter, cell: (each) => each.quieter },
    { head: head.both, right: true, cell: (each) => share(each.share) },
    { head: head.louderIn, right: true, minor: true, cell: (each) => share(each.louder_share) },
    { head: head.margin, right: true, cell: (each) => margin(each.margin_db) },
  ];
}

function margin(value_db: number | null): string {
  return value_db === null ? "" : `${decimal(value_db, 1)} dB`;
}

function tagColumns(): Column<Shape<"Tag">>[] {
  const { head } = words().readers.quality;
  return [
    { head: head.tag, cell: (each) => <span class="mono">{each.tag}</span> },
    { head: head.share, right: true, cell: (each) => share(each.read_share) },
  ];
}

function ghostColumns(): Column<Shape<"Ghost">>[] {
  const { head } = words().readers.quality;
  return [
    { head: head.tag, cell: (each) => <span class="mono">{each.tag}</span> },
    { head: head.point, cell: (each) => `${each.reader}/${each.antenna}` },
    { head: head.why, wide: true, cell: (each) => each.reasons.join(", ") },
    {
      head: head.resembles,
      minor: true,
      cell: (each) => <span class="mono">{each.resembles ?? ""}</span>,
    },
  ];
}
