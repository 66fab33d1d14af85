/** The way that it took, how sure its direction is, who holds it, who was told. */
import type { ComponentChildren } from "preact";
import { addressTo } from "../address";
import type { Alert } from "../api/shape";
import { decimal } from "../numbers";
import { Meter } from "../parts/figures";
import { Icon } from "../parts/icon";
import type { Loaded } from "../parts/loaded";
import { clock, span, when } from "../times";
import { words } from "../words";
import {
  type Crossing,
  isYoung,
  type Portal,
  type Sighting,
  useCustody,
  useDeliveries,
  usePosition,
} from "./evidence-asks";
import { Part } from "./evidence-parts";
import { companionsOf, scoresOf, sidesOf } from "./proof";
import { actionWords, assetOf, shortTag, whoOf } from "./sentence";

interface WayProps {
  alert: Alert;
  /** The portal that measured it. */
  gate: string | null;
  /** The one that heard it outside, and may not have decided. */
  portal: Portal | undefined;
}

/** From, through and now; of what has no way, where it is. */
export function Way({ alert, gate, portal }: WayProps) {
  const told = words().alarms.evidence;
  if (!alert.tag) {
    const where = alert.zones.length > 0 ? alert.zones.join(", ") : (alert.to ?? alert.from);
    return (
      <div class="from one">
        {where && <Box head={told.where} text={where} />}
        {alert.reader && (
          <Box
            head={told.reader}
            text={alert.antenna === null ? alert.reader : `${alert.reader}/${alert.antenna}`}
          />
        )}
        {alert.sensor && <Box head={told.measured} text={alert.sensor} />}
      </div>
    );
  }
  return (
    <div class="from p-way">
      <Box head={told.from} text={alert.from ?? told.nowhere} />
      <Icon name="arrow" />
      <Box head={told.through} text={gate ?? (portal ? `${portal.name}?` : told.noPortal)} />
      <Icon name="arrow" />
      <Now alert={alert} />
    </div>
  );
}

function Box({ head, text, look = "" }: { head: string; text: string; look?: string }) {
  return (
    <div class={look}>
      <span class="mut xs">{head}</span>
      <b title={text}>{text}</b>
    </div>
  );
}

function Now({ alert }: { alert: Alert }) {
  const told = words().alarms.evidence;
  const position = usePosition(alert).value.value;
  const isThere = !position || position.zone === alert.to || position.presence === "outside";
  const look =
    isThere && alert.condition === "active" && alert.severity === "critical" ? "out" : "";
  if (alert.asset === null || position === null) {
    return <Box head={told.now} text={alert.to ?? told.nowhere} look={look} />;
  }
  if (!position) return <Box head={told.now} text={told.loading} look={look} />;
  const texts = {
    present: position.zone ?? told.nowhere,
    outside: told.outside,
    departed: told.notHeard,
    unknown: told.nowhere,
  };
  return <Box head={told.now} text={texts[position.presence]} look={look} />;
}

interface DirectionProps {
  alert: Alert;
  crossings: Loaded<Crossing[]>;
  own: Crossing | null;
  portal: Portal | undefined;
  sightings: readonly Sighting[];
}

/** Which way, how sure, and why; or how sure the zone is where no portal measured. */
export function Direction({ alert, crossings, own, portal, sightings }: DirectionProps) {
  const told = words().alarms.evidence;
  const scores = scoresOf(alert).slice(0, 3);
  if (!own) {
    return (
      <Part title={told.direction.unknown} name="p-direction">
        <p class="sec sm">
          {crossings.value.value ? reasonWithout(portal, isYoung(alert)) : told.loading}
        </p>
        {scores.length > 0 && <Scores scores={scores} />}
      </Part>
    );
  }
  const sides = sidesOf(portal, sightings);
  const percent = Math.round(own.confidence * 100);
  return (
    <Part
      title={told.direction[own.direction]}
      hint={<b class="ink">{told.sure(percent)}</b>}
      name="p-direction"
    >
      <Meter share={own.confidence} label={told.direction[own.direction]} />
      <p class="sec sm">
        {sides && `${told.sides(sides.inside, sides.outside)} `}
        {own.lean && `${told.lean[own.lean]}. `}
        {own.portal}, {clock(own.time)}.
      </p>
    </Part>
  );
}

/** A portal takes a while to decide; some do not, and then it has said nothing. */
function reasonWithout(portal: Portal | undefined, isYoung: boolean): string {
  const told = words().alarms.evidence;
  if (!portal) return told.noCrossing;
  return isYoung ? told.noCrossingYet(portal.name) : told.noCrossingSaid(portal.name);
}

function Scores({ scores }: { scores: readonly [string, number][] }) {
  const told = words().alarms.evidence;
  return (
    <dl class="kv" aria-label={told.zoneScores}>
      {scores.map(([zone, share]) => (
        <Fact key={zone} head={zone}>
          {told.sure(Math.round(share * 100))}
        </Fact>
      ))}
    </dl>
  );
}

export function Fact({ head, children }: { head: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{head}</dt>
      <dd>{children}</dd>
    </>
  );
}

interface FactsProps {
  alert: Alert;
  gate: string | null;
  crossings: readonly Crossing[];
}

export function Facts({ alert, gate, crossings }: FactsProps) {
  const told = words().alarms.evidence;
  const { excursion } = alert;
  return (
    <dl class="kv p-facts">
      {alert.asset !== null && (
        <Fact head={told.asset}>
          <a class="plainlink" href={addressTo("asset", { id: alert.asset })}>
            {whoOf(alert, assetOf(alert.asset))}
          </a>
        </Fact>
      )}
      {alert.asset !== null && <Held alert={alert} />}
      {gate !== null && (
        <Fact head={told.alsoThrough(gate)}>{companyWords(alert, gate, crossings)}</Fact>
      )}
      {excursion && (
        <>
          <Fact head={`${told.measured}: ${excursion.quantity}`}>
            {told.excursion(
              `${decimal(excursion.peak)} ${excursion.unit}`,
              `${decimal(excursion.limit)} ${excursion.unit}`,
            )}
          </Fact>
          <Fact head={told.since}>{when(excursion.started)}</Fact>
          <Fact head={told.peak}>{when(excursion.peak_time)}</Fact>
        </>
      )}
      {alert.assignee !== null && <Fact head={words().alarms.assignee}>{alert.assignee}</Fact>}
      {alert.tag && (
        <Fact head={told.tag}>
          <span class="mono tagid">{alert.tag}</span>
        </Fact>
      )}
      <Fact head={told.noteOf}>
        {alert.acknowledged
          ? `${alert.acknowledged.by}, ${when(alert.acknowledged.at)}: ${alert.acknowledged.note}`
          : told.noNote}
      </Fact>
    </dl>
  );
}

function companyWords(alert: Alert, gate: string, crossings: readonly Crossing[]): string {
  const told = words().alarms.evidence;
  const all = companionsOf(alert, gate, crossings);
  const nearest = all[0];
  if (!nearest) return told.noCompany;
  const name = nearest.asset
    ? (assetOf(nearest.asset)?.name ?? nearest.asset)
    : shortTag(nearest.tag);
  const age = span(Math.abs(nearest.afterMs));
  const said = nearest.afterMs < 0 ? told.earlier(name, age) : told.later(name, age);
  return all.length > 1 ? words().alarms.andMore(said, all.length - 1) : said;
}

function Held({ alert }: { alert: Alert }) {
  const told = words().alarms.evidence;
  const custody = useCustody(alert);
  const answer = custody.value.value;
  const pending = custody.failed.value === null ? told.loading : told.failed(custody.failed.value);
  const until = answer?.checkouts[0]?.until;
  const owner = alert.asset === null ? "" : (assetOf(alert.asset)?.owner ?? "");
  return (
    <>
      <Fact head={told.heldBy}>
        {answer
          ? (answer.out?.person ?? answer.checkouts[0]?.person ?? (owner || told.nobody))
          : pending}
      </Fact>
      <Fact head={told.signedOut}>
        {answer ? (until ? `${told.yes}, ${told.until(when(until))}` : told.no) : pending}
      </Fact>
    </>
  );
}

/** Whom it was told, and whether that arrived. */
export function Told({ alert }: { alert: Alert }) {
  const told = words().alarms.evidence;
  const { value, failed } = useDeliveries(alert);
  const rows = value.value;
  return (
    <Part title={told.toldTo} name="p-told">
      {failed.value !== null && <p class="mut sm">{told.failed(failed.value)}</p>}
      {rows?.length === 0 && <p class="mut sm">{told.toldNobody}</p>}
      {!rows && failed.value === null && <p class="mut sm">{told.loading}</p>}
      <ul class="lines">
        {rows?.map((each) => (
          <li key={each.id}>
            <span class="grow">
              {each.channel}
              <span class="mut">, {actionWords(each.type)}</span>
            </span>
            <span class={each.state === "delivered" ? "mut" : ""} title={each.last_error ?? ""}>
              {told.deliveryStates[each.state]}{" "}
              {clock(each.delivered ?? each.ended ?? each.created)}
            </span>
          </li>
        ))}
      </ul>
    </Part>
  );
}
