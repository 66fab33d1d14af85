/** Reads by reader over a minute as dots, and the same as a table for who can not see them. */
import type { Alert } from "../api/shape";
import { level } from "../numbers";
import { clock, msOf } from "../times";
import { words } from "../words";
import { AFTER_MS, BEFORE_MS, type Portal, type Sighting } from "./evidence-asks";
import { type Lane, lanesOf, type Mark, strengthOf } from "./proof";

const SPAN_MS = BEFORE_MS + AFTER_MS;

interface ReadsPlotProps {
  alert: Alert;
  sightings: readonly Sighting[];
  portal: Portal | undefined;
}

export function ReadsPlot({ alert, sightings, portal }: ReadsPlotProps) {
  const sinceMs = msOf(alert.time) - BEFORE_MS;
  const lanes = lanesOf(alert, sightings, portal, sinceMs);
  if (lanes.length === 0) return <p class="mut sm">{words().alarms.evidence.noReads}</p>;
  return (
    <div class="reads">
      {lanes.map((lane) => (
        <LaneRow key={`${lane.reader}/${lane.antenna}`} lane={lane} />
      ))}
      <div class="readticks" aria-hidden="true">
        <span>{clock(sinceMs)}</span>
        <span class="at">{clock(alert.time)}</span>
        <span>{clock(sinceMs + SPAN_MS)}</span>
      </div>
      <ReadsTable lanes={lanes} sinceMs={sinceMs} />
    </div>
  );
}

function LaneRow({ lane }: { lane: Lane }) {
  const dbm = lane.strongest_dbm === null ? "" : level(lane.strongest_dbm);
  return (
    <div class="readlane" aria-hidden="true">
      <span class="el" title={`${lane.reader}/${lane.antenna}`}>
        {lane.reader} <span class="mut">{lane.antenna}</span>
      </span>
      <svg class="readline" aria-hidden="true">
        <line class="base" x1="0" x2="100%" y1="50%" y2="50%" />
        <line class="moment" x1="75%" x2="75%" y1="0" y2="100%" />
        {lane.marks.map((mark) => (
          <Dot key={`${mark.fromMs} ${mark.decides}`} mark={mark} lane={lane} />
        ))}
      </svg>
      <span class="mut xs r nw">{dbm}</span>
    </div>
  );
}

function Dot({ mark, lane }: { mark: Mark; lane: Lane }) {
  const share = (ms: number) => `${Math.min(99.5, Math.max(0.5, (ms / SPAN_MS) * 100))}%`;
  const wide = 0.25 + strengthOf(mark.rssi_dbm) * 0.5;
  const look = mark.decides ? "dot decides" : `dot ${lane.side ?? ""}`;
  const title = `${mark.count} × ${mark.rssi_dbm === null ? "?" : level(mark.rssi_dbm)}`;
  if (mark.decides || mark.toMs - mark.fromMs < 300) {
    return (
      <circle class={look} cx={share(mark.fromMs)} cy="50%" r={`${wide / 2}rem`}>
        <title>{title}</title>
      </circle>
    );
  }
  return (
    <line
      class={`${look} span`}
      x1={share(mark.fromMs)}
      x2={share(mark.toMs)}
      y1="50%"
      y2="50%"
      stroke-width={`${wide}rem`}
    >
      <title>{title}</title>
    </line>
  );
}

/** Each mark as a row; on wide pages it is seen, elsewhere it is for screen readers. */
function ReadsTable({ lanes, sinceMs }: { lanes: readonly Lane[]; sinceMs: number }) {
  const told = words().alarms.evidence;
  const rows = lanes
    .flatMap((lane) => lane.marks.map((mark) => ({ lane, mark })))
    .sort((one, other) => one.mark.fromMs - other.mark.fromMs);
  return (
    <div class="readtable">
      <table>
        <caption class="unseen">{told.reads}</caption>
        <thead>
          <tr>
            <th scope="col">{told.headTime}</th>
            <th scope="col">{told.headReader}</th>
            <th scope="col" class="r">
              {told.headCount}
            </th>
            <th scope="col" class="r">
              {told.headSignal}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ lane, mark }) => (
            <tr key={`${lane.reader} ${lane.antenna} ${mark.fromMs} ${mark.decides}`}>
              <td class="nw">{clock(sinceMs + mark.fromMs)}</td>
              <td>
                {lane.reader}/{lane.antenna}
              </td>
              <td class="r">{mark.count}</td>
              <td class="r nw">{mark.rssi_dbm === null ? "–" : level(mark.rssi_dbm)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
