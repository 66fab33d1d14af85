/** Parts of the evidence that are lists: how the readers were, what became of the alert. */
import type { ComponentChildren } from "preact";
import type { Alert } from "../api/shape";
import { readers, useReaders } from "../live/readers";
import { when } from "../times";
import { words } from "../words";
import { useLog } from "./evidence-asks";
import { readersThen } from "./proof";
import { actionWords } from "./sentence";

interface PartProps {
  title: string;
  hint?: ComponentChildren;
  name: string;
  children: ComponentChildren;
}

/** A headed part; `name` is its place in wide layouts. */
export function Part({ title, hint, name, children }: PartProps) {
  return (
    <section class={`part ${name}`}>
      <header class="row btw">
        <h2>{title}</h2>
        {hint && <span class="xs mut">{hint}</span>}
      </header>
      {children}
    </section>
  );
}

/** How the readers were when it was raised, and those that are not well now. */
export function ReadersThen({ alert }: { alert: Alert }) {
  useReaders();
  const told = words().alarms.evidence;
  const now = new Map((readers.value ?? []).map((reader) => [reader.name, reader.state]));
  const then = readersThen(alert);
  return (
    <Part title={told.readers} name="p-readers">
      {then.length === 0 && <p class="mut sm">{told.noReaders}</p>}
      <ul class="lines">
        {then.map(([name, said]) => (
          <li key={name}>
            <span class="grow el">{name}</span>
            <span>
              {readerWords(said)}
              {said !== "online" && now.get(name) === "online" && (
                <span class="mut">, {told.wellNow}</span>
              )}
              {said === "online" && now.has(name) && now.get(name) !== "online" && (
                <span class="mut">
                  , {words().frame.now} {readerWords(now.get(name) ?? "")}
                </span>
              )}
            </span>
          </li>
        ))}
      </ul>
    </Part>
  );
}

function readerWords(said: string): string {
  const told: Record<string, string> = words().alarms.evidence.readerStates;
  return told[said] ?? said;
}

/** What became of it, when, by whom and why. */
export function Log({ alert }: { alert: Alert }) {
  const told = words().alarms.evidence;
  const { value, failed } = useLog(alert);
  return (
    <Part title={told.log} name="p-log">
      {failed.value !== null && <p class="mut sm">{told.failed(failed.value)}</p>}
      {!value.value && failed.value === null && <p class="mut sm">{told.loading}</p>}
      <ol class="log">
        {value.value?.map((line) => (
          <li key={line.number}>
            <span class="mut nw">{when(line.time)}</span>
            <span>
              {actionWords(line.action)}
              <span class="mut">, {line.actor === "gateway" ? told.gateway : line.actor}</span>
              {line.why && <div class="sec">{line.why}</div>}
            </span>
          </li>
        ))}
      </ol>
    </Part>
  );
}
