/** The strip under the plan: another floor, how many and how sure, readers, shapes. */
import type { ReadonlySignal } from "@preact/signals";
import { RANK, symbolStateOf } from "../../alarms/order";
import { alertSentence } from "../../alarms/sentence";
import { evidenceAlert, orderedAlerts, pick } from "../../alarms/store";
import type { Floor } from "../../api/shape";
import { asOf } from "../../live/as-of";
import { tallies } from "../../live/live";
import { readerFigures, readers, readersRefusal } from "../../live/readers";
import { useFloorMarks } from "../../live/use-marks";
import { figure } from "../../numbers";
import { Spark, StackBar } from "../../parts/figures";
import { AlertSymbol } from "../../parts/symbol";
import { ShapeGlyph } from "../../plan/glyph";
import { Plan } from "../../plan/plan";
import type { BoxM } from "../../plan/types";
import { zones } from "../../site";
import { ago, minute } from "../../times";
import { words } from "../../words";
import { choices, floorTitle, hidden, showFloor, shownFloor } from "./choices";
import { floorMark, useAlarmsOn } from "./floor-mark";

export function Strip({ seen }: { seen: ReadonlySignal<BoxM | null> }) {
  const isAlarm = evidenceAlert.value !== null;
  const other = choices.value.find((floor) => floor !== shownFloor.value);
  const mini = isAlarm || !other ? shownFloor.value : other;
  return (
    <div class={isAlarm ? "strip is-alarm" : "strip"}>
      {mini ? (
        <Mini floor={mini} seen={mini === shownFloor.value ? seen : undefined} />
      ) : (
        <div class="mini" />
      )}
      {isAlarm && <AlsoOpen />}
      <OnSite />
      <ReadersTile />
      {!isAlarm && <Legend />}
    </div>
  );
}

/** A small plan need not be quicker. */
const MINI_MS = 1000;
const NOTHING_HIDDEN: ReadonlySet<string> = new Set();

function Mini({ floor, seen }: { floor: Floor; seen: ReadonlySignal<BoxM | null> | undefined }) {
  const told = words().live;
  const marks = useFloorMarks(floor, zones.value, seen ? hidden.value : NOTHING_HIDDEN, MINI_MS);
  const title = floorTitle(floor, told.noFloorName);
  const count = told.assetCount(tallies.value.floors.get(floor.name)?.all ?? 0);
  const plan = (
    <Plan
      floor={floor}
      zones={zones.value}
      label={told.planOf(title, count)}
      marks={marks}
      alarms={useAlarmsOn(floor.name)}
      mode="all"
      size={0.42}
      still
      plain
      turned={false}
      frame={seen?.value ?? null}
    />
  );
  return (
    <div class="mini">
      <div class="mini-plan">{plan}</div>
      {seen ? (
        <div class="row btw xs mini-foot">
          <span class="sec el">{told.wholeFloor(title)}</span>
          <span class="mut">{told.shownPart}</span>
        </div>
      ) : (
        <button type="button" class="row btw xs mini-foot" onClick={() => showFloor(floor.name)}>
          <span class="sec el">{title}</span>
          <span class="mut">
            {count}, {worstWords(floor.name)}
          </span>
        </button>
      )}
    </div>
  );
}

function worstWords(floor: string): string {
  const worst = floorMark(floor);
  if (worst?.state !== "new") return words().live.noAlert;
  return words().live.worst[RANK[worst.severity]] ?? "";
}

function OnSite() {
  const told = words().live;
  const { all, seen, lastKnown } = tallies.value.site;
  const old = asOf();
  return (
    <div>
      <h3>
        {told.onSite}
        {old && `, ${old}`}
      </h3>
      <div class="row tile-figure">
        <span class="big">{figure(all)}</span>
        <span class="mut sm">{told.assets}</span>
      </div>
      <StackBar solid={seen} hatched={lastKnown} />
      <div class="row btw xs mut under">
        <span>{told.seen(figure(seen))}</span>
        <span>{told.lastKnownCount(figure(lastKnown))}</span>
      </div>
    </div>
  );
}

function ReadersTile() {
  const told = words().live;
  const { all, answering, silent, perSecond, series } = readerFigures.value;
  const old = asOf();
  if (!readers.value?.length) {
    return (
      <div>
        <h3>{told.readers}</h3>
        <p class="sec tile-figure">{readers.value ? told.noReaders : unknownWords()}</p>
      </div>
    );
  }
  return (
    <div>
      <h3>
        {told.readers}
        {old && `, ${old}`}
      </h3>
      <div class="row btw tile-figure">
        <span class="row base">
          <span class="big">{answering}</span>
          <span class="mut sm nw">{told.ofAnswer(all)}</span>
        </span>
        <Spark values={series} />
      </div>
      <div class="row btw xs mut under">
        <a class="el" href="/readers">
          {silentWords(silent)}
        </a>
        <span class="nw">{told.readsPerSecond(figure(Math.round(perSecond)))}</span>
      </div>
    </div>
  );
}

function unknownWords(): string {
  const { failed, loading } = words().frame;
  return readersRefusal.value === null ? loading : failed(readersRefusal.value);
}

function silentWords(silent: readonly { name: string; since: string }[]): string {
  const told = words().live;
  const [first] = silent;
  if (!first) return told.allAnswer;
  return silent.length === 1
    ? told.silentSince(first.name, minute(first.since))
    : told.moreSilent(silent.length);
}

const SHAPES = [0, 1, 2, 3, 4];

function Legend() {
  const told = words().live;
  return (
    <div>
      <h3>{told.shapes}</h3>
      <div class="xs sec legend">
        {SHAPES.map((shape) => (
          <span class="st" key={shape}>
            <ShapeGlyph shape={shape} />
            {told.shapeNames[shape]}
          </span>
        ))}
        <span class="st">
          <ShapeGlyph shape={0} look="lastKnown" />
          {told.lastKnown}
        </span>
        <span class="st">
          <ShapeGlyph shape={0} look="provisional" />
          {told.provisional}
        </span>
        <span class="st">
          <span class="swatch-restricted" />
          {told.restricted}
        </span>
        <span class="st">
          <AlertSymbol severity="warning" quiet />
          {told.alert}
        </span>
        <span class="st">
          <AlertSymbol severity="warning" state="acknowledged" quiet />
          {told.acknowledged}
        </span>
      </div>
    </div>
  );
}

const ALSO_MAX = 3;

function AlsoOpen() {
  const told = words().live;
  const others = orderedAlerts.value.filter(({ id }) => id !== evidenceAlert.value?.id);
  return (
    <div>
      <h3>{told.alsoOpen}</h3>
      {others.length === 0 && <p class="sec sm tile-figure">{told.nothingElse}</p>}
      <ul class="sm also">
        {others.slice(0, ALSO_MAX).map((alert) => (
          <li key={alert.id} class="row">
            <AlertSymbol severity={alert.severity} state={symbolStateOf(alert)} />
            <button type="button" class="plain el grow" onClick={() => pick(alert.id)}>
              {alertSentence(alert)}
            </button>
            <span class="mut xs nw">{ago(alert.time)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
