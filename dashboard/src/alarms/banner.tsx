/** What is critical and nobody has, above every page; silence, acknowledge, next. */
import { addressTo, page } from "../address";
import { useKeys } from "../keys";
import { Button } from "../parts/controls";
import { AlertSymbol } from "../parts/symbol";
import { ago } from "../times";
import { words } from "../words";
import {
  bannerAlert,
  bannerPlace,
  beginAcknowledging,
  evidenceShown,
  nextToAcknowledge,
} from "./acknowledging";
import { AcknowledgeDialog } from "./handle-form";
import { alertSentence } from "./sentence";
import { silence } from "./sound";
import { newCriticals, pick, pickBeside, showsEvidence } from "./store";
import { mayHandle } from "./verbs";

export function Banner() {
  useKeys({
    a: () => {
      const target = nextToAcknowledge();
      if (target) beginAcknowledging(target);
    },
    s: silence,
    j: () => pickBeside(1),
    k: () => pickBeside(-1),
  });
  const alert = bannerAlert();
  return (
    <>
      {alert && <BannerBar id={alert.id} />}
      <AcknowledgeDialog />
    </>
  );
}

function BannerBar({ id }: { id: string }) {
  const told = words().alarms;
  const alert = newCriticals.value.find((each) => each.id === id);
  if (!alert) return null;
  const all = newCriticals.value.length;
  const target = page.value === "alerts" ? "alerts" : "live";
  const isShown = evidenceShown.value === alert.id;
  return (
    <section class={isShown ? "banner shown" : "banner"} aria-label={told.live.critical("").trim()}>
      <AlertSymbol severity="critical" />
      <a class="grow says" href={addressTo(target, { alert: alert.id })} onClick={stay(alert.id)}>
        {told.live.critical(alertSentence(alert))}
        <span class="age">, {ago(alert.time)}</span>
      </a>
      {all > 1 && (
        <span class="row some">
          <span class="nw">{told.ofAll((bannerPlace.value % all) + 1, all)}</span>
          <Button onClick={showNext}>{told.next}</Button>
        </span>
      )}
      <Button extra={isShown ? "no-ph" : ""} onClick={silence} keyName="S">
        {told.silence}
      </Button>
      {mayHandle() && (
        <Button
          primary
          extra={isShown ? "no-ph" : ""}
          onClick={() => beginAcknowledging(alert)}
          {...(nextToAcknowledge()?.id === id ? { keyName: "A" } : {})}
        >
          {told.acknowledge}
        </Button>
      )}
    </section>
  );
}

/** Where evidence is shown the rest of the view stays as it is. */
function stay(id: string) {
  return (event: MouseEvent) => {
    if (!showsEvidence()) return;
    event.preventDefault();
    pick(id);
  };
}

function showNext(): void {
  bannerPlace.value += 1;
  const next = bannerAlert();
  if (next && evidenceShown.peek() !== null) pick(next.id);
}
