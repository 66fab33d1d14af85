/** What a change would have done in the last day: figures, a line of time, and the alerts. */
import type { Severity } from "../api/shape";
import { figure } from "../numbers";
import { Button, Refusal } from "../parts/controls";
import { Meter } from "../parts/figures";
import { AlertSymbol, markOf, outlineOf, SHORT } from "../parts/symbol";
import { when } from "../times";
import { words } from "../words";
import type { Changed, Preview, PreviewedAlert, Previewing, PreviewResult } from "./run";
import { shareOf } from "./run";

interface PreviewCardProps {
  previewing: Previewing;
  /** What would be changed; null where there is nothing to preview yet. */
  changed: Changed | null;
  /** The name of the zone whose assets are told, too. */
  zone?: string;
}

/** A button, a bar while it runs, then the result; older than the change it says so. */
export function PreviewCard({ previewing, changed, zone }: PreviewCardProps) {
  const told = words().preview;
  const preview = previewing.preview.value;
  const isOld = preview !== null && JSON.stringify(changed) !== previewing.stamp.value;
  const start = () => changed && void previewing.start(changed);
  if (preview?.state === "running") return <Running preview={preview} cancel={previewing.cancel} />;
  return (
    <section class="card preview-card" aria-label={told.title}>
      {preview?.result && <Result preview={preview} result={preview.result} zone={zone} />}
      {preview?.state === "failed" && <p class="said wrong">{preview.reason}</p>}
      {isOld && preview?.result && <p class="xs sec">{told.old}</p>}
      <Refusal text={previewing.refusal} />
      {(preview === null || isOld || preview.state === "failed") && (
        <Button disabled={changed === null} onClick={start}>
          {preview ? told.again : told.start}
        </Button>
      )}
    </section>
  );
}

function Running({ preview, cancel }: { preview: Preview; cancel: () => void }) {
  const told = words().preview;
  return (
    <section class="card preview-card" aria-label={told.title}>
      <div class="row btw">
        <h3>{told.running}</h3>
        <span class="xs mut">{Math.round(preview.progress * 100)} %</span>
      </div>
      <Meter share={preview.progress} label={told.running} />
      <Button onClick={cancel}>{words().frame.cancel}</Button>
    </section>
  );
}

interface ResultProps {
  preview: Preview;
  result: PreviewResult;
  zone?: string | undefined;
}

function Result({ preview, result, zone }: ResultProps) {
  const told = words().preview;
  const { now, then, kept, appear_total, vanish_total } = result.alerts;
  const inside = zone === undefined ? undefined : result.zones[zone];
  const isSame = appear_total === 0 && vanish_total === 0;
  return (
    <div class="col" role="status">
      <div class="row btw">
        <h3>{told.title}</h3>
        <span class="xs mut nw">{told.reads(figure(preview.reads))}</span>
      </div>
      <div class="preview-figures">
        <span>
          <span class="big">{figure(then)}</span>{" "}
          <span class="xs mut">{told.was(then, figure(now))}</span>
        </span>
        {inside?.assets_inside_then != null && (
          <span>
            <span class="big">{figure(inside.assets_inside_then)}</span>{" "}
            <span class="xs mut">{told.inside(inside.assets_inside_now)}</span>
          </span>
        )}
      </div>
      {preview.from && preview.until && (
        <TimeLine from={preview.from} until={preview.until} result={result} />
      )}
      <p class="sm sec">{isSame ? told.same : told.parts(appear_total, vanish_total, kept)}</p>
      {result.incomplete && <p class="xs sec">{told.incomplete[result.incomplete]}</p>}
      {result.site_changes > 0 && <p class="xs sec">{told.siteChanges(result.site_changes)}</p>}
      {!isSame && <Rows result={result} />}
    </div>
  );
}

const WIDTH = 300;
const EDGE = 9;

/** New alerts filled, those that would be gone dashed. */
function TimeLine({ from, until, result }: { from: string; until: string; result: PreviewResult }) {
  const told = words().preview;
  const place = (time: string) => EDGE + shareOf(time, from, until) * (WIDTH - 2 * EDGE);
  const { appear, vanish } = result.alerts;
  return (
    <>
      <svg class="preview-line" viewBox={`0 0 ${WIDTH} 28`} aria-hidden="true">
        <line x1="0" x2={WIDTH} y1="14" y2="14" />
        {vanish.map((alert, index) => (
          <Mark key={`v${index}`} alert={alert} x={place(alert.time)} isGone />
        ))}
        {appear.map((alert, index) => (
          <Mark key={`a${index}`} alert={alert} x={place(alert.time)} />
        ))}
      </svg>
      <div class="row btw xs mut">
        <span>{when(from)}</span>
        <span>{vanish.length > 0 && told.legend}</span>
        <span>{when(until)}</span>
      </div>
    </>
  );
}

function Mark({ alert, x, isGone }: { alert: PreviewedAlert; x: number; isGone?: boolean }) {
  const state = isGone ? "shelved" : "new";
  return (
    <g class={`sym q ${SHORT[alert.severity]} is-${state}`} transform={`translate(${x} 14)`}>
      <path class="sym-edge" d={outlineOf(alert.severity, 8)} />
      <path class="sym-mark" d={markOf(alert.severity, state, 8)} />
    </g>
  );
}

/** The alerts in words, as nothing is told by the line alone. */
function Rows({ result }: { result: PreviewResult }) {
  const told = words().preview;
  const { appear, vanish } = result.alerts;
  const rows = [
    ...appear.map((alert) => ({ alert, isGone: false })),
    ...vanish.map((alert) => ({ alert, isGone: true })),
  ].toSorted((one, other) => one.alert.time.localeCompare(other.alert.time));
  return (
    <details class="sm">
      <summary>{told.list}</summary>
      <ul class="preview-rows">
        {rows.map(({ alert, isGone }, index) => (
          <li key={index} class="row">
            <AlertSymbol
              severity={alert.severity satisfies Severity}
              state={isGone ? "shelved" : "new"}
              quiet
            />
            <span>
              {isGone ? told.gone : told.fresh}: {sentence(alert)}{" "}
              <span class="mut nw">{when(alert.time)}</span>
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function sentence({ rule, asset, tag, from, to, portal }: PreviewedAlert): string {
  const places = [from, portal, to].filter((place) => place !== null);
  const way = places.filter((place, index) => place !== places[index - 1]).join(" → ");
  return [rule, asset ?? tag, way].filter(Boolean).join(", ");
}
