/** First run: the first administrator, then plan, zones, readers and a rule, each to be skipped. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asked, go, look } from "../../address";
import { ask, RefusedError } from "../../api/client";
import type { Reader, Rule, Shape } from "../../api/shape";
import { Brand } from "../../frame/top";
import { Button, sayRefusal } from "../../parts/controls";
import { Icon } from "../../parts/icon";
import { Failed } from "../../parts/table";
import { may, me } from "../../session";
import { floors, readSite, zones } from "../../site";
import { words } from "../../words";
import { FirstAdmin } from "./admin";
import { DoneStep } from "./done";
import { PlanStep } from "./plan-step";
import { ReaderStep } from "./reader-step";
import { RuleStep } from "./rule-step";
import { firstOpen, type Installed, isDone, STEPS, type Step, stepAfter } from "./steps";
import { ZoneStep } from "./zone-step";

export function Page() {
  if (me.value) return may("site") ? <Wizard /> : <Notice text={words().setup.notAdmin} />;
  return <Entrance />;
}

/** Before anybody can get in: the code, or the way to the log-in. */
function Entrance() {
  const isOpen = useSignal<boolean | null>(null);
  const again = async () => {
    try {
      isOpen.value = (await ask<Shape<"Setup">>("setup")).open;
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      isOpen.value ??= false;
    }
  };
  useEffect(() => void again(), []);
  if (isOpen.value === null) return null;
  return isOpen.value ? <FirstAdmin onRefused={again} /> : <Notice text={words().setup.closed} />;
}

function Notice({ text }: { text: string }) {
  return (
    <main class="alone" id="main">
      <div class="card col">
        <p>{text}</p>
        {me.value ? (
          <Button onClick={() => go("live")}>{words().setup.toLive}</Button>
        ) : (
          <Button primary onClick={() => go("login")}>
            {words().setup.toLogin}
          </Button>
        )}
      </div>
    </main>
  );
}

export interface StepProps {
  installed: Installed;
  /** Something was saved: look again. */
  again: () => Promise<void>;
}

function Wizard() {
  const told = words().setup;
  const readers = useSignal<readonly Reader[]>([]);
  const rules = useSignal<readonly Rule[]>([]);
  const isThere = useSignal(false);
  const failed = useSignal<string | null>(null);
  const again = async () => {
    const [, someReaders, someRules] = await Promise.all([
      readSite(),
      ask<{ items: Reader[] }>("readers", { limit: 1000 }),
      ask<{ items: Rule[] }>("rules", { limit: 1000 }),
    ]);
    readers.value = someReaders.items;
    rules.value = someRules.items;
    isThere.value = true;
  };
  const begin = () =>
    again().catch((error: unknown) => {
      failed.value = sayRefusal(error);
    });
  useEffect(() => void begin(), []);
  const installed: Installed = {
    floors: floors.value,
    zones: zones.value,
    readers: readers.value,
    rules: rules.value,
  };
  const step = STEPS.find((each) => each === asked("step")) ?? firstOpen(installed);
  // Kept in the address, so that what is saved in a step does not end it.
  useEffect(() => {
    if (isThere.value && asked("step") !== step) look({ step });
  }, [isThere.value, step]);
  if (!isThere.value) return failed.value && <Failed text={failed.value} onRetry={begin} />;
  return (
    <div class="wizard">
      <header class="wizard-top">
        <a class="brand" href="/live" aria-label="Tagwarden">
          <Brand />
          <span class="no-ph">Tagwarden</span>
        </a>
        <h1>{told.title}</h1>
        <span class="grow" />
        <a class="btn ghost" href="/live">
          <span class="no-ph">{told.later}</span>
          <span class="ph-in">{told.laterShort}</span>
        </a>
      </header>
      <StepList installed={installed} step={step} />
      <main class="wizard-body" id="main" key={step}>
        <StepBody step={step} installed={installed} again={again} />
        <Feet step={step} installed={installed} />
      </main>
    </div>
  );
}

function StepBody({ step, ...props }: StepProps & { step: Step }) {
  switch (step) {
    case "plan":
      return <PlanStep {...props} />;
    case "zone":
      return <ZoneStep {...props} />;
    case "reader":
      return <ReaderStep {...props} />;
    case "rule":
      return <RuleStep {...props} />;
    case "done":
      return <DoneStep {...props} />;
  }
}

function StepList({ installed, step }: { installed: Installed; step: Step }) {
  const told = words().setup;
  return (
    <nav class="wizard-steps" aria-label={told.stepOf(STEPS.indexOf(step) + 1, STEPS.length)}>
      <ol>
        {STEPS.map((each, place) => (
          <li key={each}>
            <a href={`/setup?step=${each}`} aria-current={each === step ? "step" : undefined}>
              <span class="wizard-mark" aria-hidden="true">
                {isDone(each, installed) ? <Icon name="tick" /> : place + 1}
              </span>
              <span class="el">{told.steps[each]}</span>
              {isDone(each, installed) && <span class="unseen">, {told.isDone}</span>}
            </a>
          </li>
        ))}
      </ol>
    </nav>
  );
}

function Feet({ step, installed }: { step: Step; installed: Installed }) {
  const told = words().setup;
  const place = STEPS.indexOf(step);
  const before = STEPS[place - 1];
  if (step === "done") return null;
  const next = () => go("setup", { step: stepAfter(step) });
  return (
    <footer class="wizard-feet row">
      {before && (
        <Button extra="tall" onClick={() => go("setup", { step: before })}>
          {told.back}
        </Button>
      )}
      <span class="grow" />
      <Button extra="tall" primary={isDone(step, installed)} onClick={next}>
        {isDone(step, installed) ? told.next : told.skip}
      </Button>
    </footer>
  );
}
