/** The evidence of an alert: who, from where to where, when, which reads, who was told, what then. */
import { useEffect, useRef } from "preact/hooks";
import { addressTo, go, page } from "../address";
import type { Alert } from "../api/shape";
import { useKeys } from "../keys";
import { Button } from "../parts/controls";
import { AlertSymbol, SHORT } from "../parts/symbol";
import { ago, msOf, span, when } from "../times";
import { words } from "../words";
import { acknowledging, endAcknowledging, evidenceShown } from "./acknowledging";
import { sayDone } from "./announcer";
import { EndVerbs, SmallVerbs } from "./dialogs";
import { type Crossing, useCrossings, usePortals, useSightings } from "./evidence-asks";
import { Direction, Facts, Told, Way } from "./evidence-facts";
import { Log, Part, ReadersThen } from "./evidence-parts";
import { AcknowledgeForm } from "./handle-form";
import { symbolStateOf } from "./order";
import { PlanThen } from "./plan-then";
import { ownCrossing, portalHeard } from "./proof";
import { ReadsPlot } from "./reads-plot";
import { alertSentence, stateWords } from "./sentence";
import { pick } from "./store";
import { canAcknowledge, canClose, canShelve, canUnshelve, mayHandle } from "./verbs";

interface EvidenceProps {
  alert: Alert;
}

/** Fills its column and scrolls in it; what can be done stands at its foot. */
export function Evidence({ alert }: EvidenceProps) {
  useEffect(() => {
    evidenceShown.value = alert.id;
    return () => {
      if (evidenceShown.peek() === alert.id) evidenceShown.value = null;
    };
  }, [alert.id]);
  useKeys({
    p: () => go("history", { at: alert.time, asset: alert.asset, alert: alert.id }),
    Escape: () => (acknowledging.value === alert.id ? leaveForm(alert.id) : pick(null)),
  });
  return (
    <section class="evidence" tabIndex={-1} aria-label={alertSentence(alert)}>
      <div class="ev">
        <Head alert={alert} />
        <Ways alert={alert} />
        <Proof key={alert.id} alert={alert} />
      </div>
      <Foot key={`foot ${alert.id}`} alert={alert} />
    </section>
  );
}

function leaveForm(id: string): void {
  endAcknowledging(id);
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}

function Head({ alert }: { alert: Alert }) {
  const told = words().alarms.evidence;
  const severity = words().alarms.severities[alert.severity];
  const more = [
    alert.occurrences > 1 && told.times(alert.occurrences, when(alert.time)),
    alert.chattering && told.chattering,
    alert.escalations > 0 && told.escalated(alert.escalations),
    told.causes[alert.cause],
    alert.late && words().alarms.late(when(alert.time), when(alert.raised_at)),
  ].filter(Boolean);
  return (
    <header class="evhead">
      <AlertSymbol severity={alert.severity} state={symbolStateOf(alert)} large />
      <div class="grow">
        <div class={`${SHORT[alert.severity]} b xs`}>{told.title(severity, stateWords(alert))}</div>
        <h1>{alertSentence(alert)}</h1>
        <div class="sec sm">
          {told.rule(alert.rule)}. {raisedWords(alert)}, {ago(alert.raised_at)}.
        </div>
        {alert.detail && !alert.excursion && <div class="sec sm">{alert.detail}</div>}
        {more.length > 0 && <div class="sec sm">{more.join("; ")}</div>}
      </div>
      <Button ghost icon="close" label={words().frame.close} onClick={() => pick(null)} />
    </header>
  );
}

/** To its moment in the history, to the plan, and what else can be said about it. */
function Ways({ alert }: { alert: Alert }) {
  const told = words().alarms;
  const { id, asset, time } = alert;
  return (
    <SmallVerbs alert={alert}>
      <a class="plainlink" href={addressTo("history", { at: time, asset, alert: id })}>
        {told.playBack}
      </a>
      {page.value !== "live" && (
        <a class="plainlink" href={addressTo("live", { asset, alert: id })}>
          {told.onPlan}
        </a>
      )}
    </SmallVerbs>
  );
}

function raisedWords(alert: Alert): string {
  const told = words().alarms.evidence;
  const afterMs = msOf(alert.raised_at) - msOf(alert.time);
  if (!alert.tag || alert.late || afterMs < 0) return told.raised(when(alert.raised_at));
  return told.raisedAfter(when(alert.raised_at), span(afterMs));
}

/** All parts; each asks for itself, and says what is missing. */
function Proof({ alert }: { alert: Alert }) {
  const told = words().alarms.evidence;
  const crossings = useCrossings(alert);
  const sightings = useSightings(alert);
  const portals = usePortals();
  const own = ownCrossing(alert, crossings.value.value ?? []);
  useDecided(alert, crossings.value.value !== undefined, own);
  const gate = alert.portal ?? own?.portal ?? null;
  const all = portals.value.value ?? [];
  const portal =
    all.find(({ name }) => name === gate) ?? portalHeard(alert, all, sightings.value.value ?? []);
  return (
    <div class="proof">
      <Way alert={alert} gate={gate} portal={portal} />
      {alert.tag && (
        <Direction
          alert={alert}
          crossings={crossings}
          own={own}
          portal={portal}
          sightings={sightings.value.value ?? []}
        />
      )}
      <Part title={told.reads} hint={told.largerIsStronger} name="p-reads">
        {alert.tag ? (
          <Reads alert={alert} sightings={sightings} portal={portal} />
        ) : (
          <p class="mut sm">{told.noTag}</p>
        )}
      </Part>
      <Facts alert={alert} gate={gate} crossings={crossings.value.value ?? []} />
      <PlanThen alert={alert} />
      <ReadersThen alert={alert} />
      <Told alert={alert} />
      <Log alert={alert} />
    </div>
  );
}

/** A portal that decides while somebody looks is told once, when nothing else is said. */
function useDecided(alert: Alert, isKnown: boolean, own: Crossing | null): void {
  const awaited = useRef(false);
  useEffect(() => {
    if (isKnown && !own && alert.tag) awaited.current = true;
    if (!own || !awaited.current) return;
    awaited.current = false;
    const told = words().alarms.evidence;
    sayDone(`${told.direction[own.direction]}, ${told.sure(Math.round(own.confidence * 100))}`);
  }, [isKnown, own?.direction]);
}

interface ReadsProps {
  alert: Alert;
  sightings: ReturnType<typeof useSightings>;
  portal: Parameters<typeof ReadsPlot>[0]["portal"];
}

function Reads({ alert, sightings, portal }: ReadsProps) {
  const told = words().alarms.evidence;
  if (sightings.failed.value !== null) {
    return <p class="mut sm">{told.failed(sightings.failed.value)}</p>;
  }
  if (!sightings.value.value) return <p class="mut sm">{told.loading}</p>;
  return <ReadsPlot alert={alert} sightings={sightings.value.value} portal={portal} />;
}

/** Nothing stands there for who may not handle alerts, but why. */
function Foot({ alert }: { alert: Alert }) {
  const told = words().alarms;
  if (!mayHandle()) return <footer class="act mut sm">{told.notRight}</footer>;
  const hasVerbs = canClose(alert) || canShelve(alert) || canUnshelve(alert);
  if (!hasVerbs) return null;
  return (
    <footer class="act">
      {canAcknowledge(alert) ? (
        <AcknowledgeForm alert={alert}>
          <EndVerbs alert={alert} />
        </AcknowledgeForm>
      ) : (
        <div class="row">
          <EndVerbs alert={alert} />
          {alert.state === "active_acknowledged" && !canClose(alert) && (
            <span class="mut sm">{told.closeLater}</span>
          )}
        </div>
      )}
    </footer>
  );
}
