/** What is set up, what was left out, and the way on. */
import { go } from "../../address";
import { Button } from "../../parts/controls";
import { words } from "../../words";
import type { StepProps } from ".";
import { isDone, STEPS } from "./steps";

export function DoneStep({ installed }: StepProps) {
  const told = words().setup;
  const missing = STEPS.filter((step) => step !== "done" && !isDone(step, installed));
  return (
    <section class="wizard-form col">
      <h2>{told.doneTitle}</h2>
      <p class="sec">{told.doneText}</p>
      {missing.length > 0 && (
        <p>{told.doneMissing(missing.map((step) => told.steps[step]).join(", "))}</p>
      )}
      <ul class="col sm">
        <li>
          <a class="link-quiet" href="/docs">
            {told.next_.assets}
          </a>
        </li>
        <li>
          <a class="link-quiet" href="/system">
            {told.next_.people}
          </a>
        </li>
        <li>
          <a class="link-quiet" href="/rules">
            {told.next_.channels}
          </a>
        </li>
      </ul>
      <div class="row">
        <Button primary extra="tall" onClick={() => go("live")}>
          {told.toLive}
        </Button>
      </div>
    </section>
  );
}
