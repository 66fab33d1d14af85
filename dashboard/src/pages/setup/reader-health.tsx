/** How a new reader is, asked each second: its state in words, and what to do about it. */
import { useSignal } from "@preact/signals";
import { ask, change, path } from "../../api/client";
import type { Reader } from "../../api/shape";
import { readEntry, type Settings } from "../../entries/entry";
import { Action, Button, Refusal } from "../../parts/controls";
import { useLoaded } from "../../parts/loaded";
import { AlertSymbol } from "../../parts/symbol";
import { words } from "../../words";
import { endSimulation, simulate, simulated, simulatedRefusal } from "./simulated";

const EVERY_MS = 1000;

interface HealthProps {
  name: string;
  onAnother: () => void;
}

export function Health({ name, onAnother }: HealthProps) {
  const told = words().setup;
  const loaded = useLoaded(
    (signal) => ask<Reader>(path`readers/${name}`, {}, signal),
    name,
    EVERY_MS,
  );
  const settings = useLoaded(() => readEntry("readers", name), name);
  const reader = loaded.value.value;
  const entry = settings.value.value?.settings ?? {};
  return (
    <div class="col">
      {reader && <State reader={reader} />}
      {entry["driver"] === "http" && <PushHow name={name} />}
      {entry["driver"] === "http" && <Simulation name={name} antennas={numbersOf(entry)} />}
      <div class="row">
        <Button extra="tall" onClick={onAnother}>
          {told.readerAnother}
        </Button>
        <a class="btn tall" href={`/readers?reader=${encodeURIComponent(name)}`}>
          {told.readerChange}
        </a>
      </div>
    </div>
  );
}

function State({ reader }: { reader: Reader }) {
  const told = words().setup;
  const state = words().readers.states[reader.state];
  const isWell = reader.state === "online";
  return (
    <div class={isWell ? "card health is-well" : "card health"} data-state={reader.state}>
      <p class="row" role="status">
        {isWell ? <span class="dot f" /> : <AlertSymbol severity={severityOf(reader)} quiet />}
        <b>{told.readerIs(reader.name, state)}</b>
        {isWell && <span class="mut">{told.readerReads(reader.reads_per_second.toFixed(1))}</span>}
      </p>
      <p class="sm sec">
        {isWell ? told.readerWell(reader.name) : reader.reason || told.readerWaiting}
      </p>
      {!isWell && reader.remedy && (
        <dl class="sm">
          <dt class="mut xs">{told.remedy}</dt>
          <dd>{reader.remedy}</dd>
        </dl>
      )}
    </div>
  );
}

function severityOf(reader: Reader) {
  return reader.state === "connecting" ? "info" : "warning";
}

/** Where to send reads, an example, and one that is sent from here. */
function PushHow({ name }: { name: string }) {
  const told = words().setup;
  const copied = useSignal(false);
  const address = new URL(`/api/v1/ingest/${encodeURIComponent(name)}`, location.origin);
  const command = [
    `curl -X POST ${address}`,
    "  -H 'Authorization: Bearer tw_…' -H 'Content-Type: application/json'",
    `  -d '[{"tag": "${told.pushTag}", "antenna": 1}]'`,
  ].join(" \\\n");
  const copy = async () => {
    await navigator.clipboard.writeText(command);
    copied.value = true;
  };
  const send = async () => {
    const body = [{ tag: told.pushTag, antenna: 1 }];
    await change(path`ingest/${name}`, { verb: "POST", body });
  };
  return (
    <section class="col">
      <h3>{told.pushTitle}</h3>
      <p class="sm sec">{told.pushText}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <pre class="command mono" tabIndex={0}>
        {command}
      </pre>
      <div class="row">
        <Button onClick={copy}>{copied.value ? told.copied : told.copy}</Button>
        <Action act={send} busyText={told.pushTrying}>
          {told.pushTry}
        </Action>
      </div>
    </section>
  );
}

/** The numbers of the antennas that the entry of a reader has. */
function numbersOf(entry: Settings): number[] {
  const { antennas } = entry;
  const numbers = antennas && typeof antennas === "object" ? Object.keys(antennas) : [];
  return numbers.length ? numbers.map(Number) : [1];
}

/** The page is the reader for a while, where none is at hand. */
function Simulation({ name, antennas }: { name: string; antennas: readonly number[] }) {
  const told = words().setup;
  const isOn = simulated.value === name;
  return (
    <section class="col">
      <h3>{told.simulateTitle}</h3>
      <p class="sm sec" role="status">
        {isOn ? told.simulating : told.simulateText}
      </p>
      <Refusal text={simulatedRefusal} />
      <div class="row">
        {isOn ? (
          <Action act={endSimulation}>{told.simulateEnd}</Action>
        ) : (
          <Action act={() => simulate(name, antennas)}>{told.simulate}</Action>
        )}
      </div>
    </section>
  );
}
