/** One reader: how it is, what to do, what it reads, and its settings. */
import { useSignal } from "@preact/signals";
import { change, path } from "../../api/client";
import type { Reader, Shape } from "../../api/shape";
import { EntryDialog } from "../../entries/dialog";
import { Action, Button, Field } from "../../parts/controls";
import { Dialog } from "../../parts/dialog";
import { useListed } from "../../parts/listed";
import { AlertSymbol } from "../../parts/symbol";
import { may } from "../../session";
import { ago, clock, when } from "../../times";
import { words } from "../../words";
import { ReaderState } from ".";
import { careOf } from "./state";

interface ReaderDetailProps {
  reader: Reader;
  onChanged: () => void;
}

export function ReaderDetail({ reader, onChanged }: ReaderDetailProps) {
  const told = words().readers.detail;
  const open = useSignal<"settings" | "maintenance" | "reads" | null>(null);
  const care = careOf(reader);
  const restart = async () => {
    await change(path`readers/${reader.name}/restart`, { verb: "POST" });
    onChanged();
  };
  const close = () => {
    open.value = null;
  };
  const done = () => {
    close();
    onChanged();
  };
  return (
    <aside class="card detail" aria-label={reader.name}>
      <div class="row">
        {care && <AlertSymbol severity={care} />}
        <h2 class="big-name el" title={reader.name}>
          {reader.name}
        </h2>
      </div>
      <ReaderState reader={reader} />
      <Facts reader={reader} />
      {care === "warning" && <p class="sm sec">{told.quiet}</p>}
      <Antennas reader={reader} />
      {reader.maintenance.map((work) => (
        <p class="sm" key={work.target}>
          <b>{work.target}</b>: {work.reason} ({told.maintenanceBy(work.by, when(work.until))})
        </p>
      ))}
      <div class="row wrap">
        <Button
          onClick={() => {
            open.value = "reads";
          }}
        >
          {told.testRead}
        </Button>
        {may("maintenance") && reader.listed && <Action act={restart}>{told.restart}</Action>}
        {may("maintenance") && reader.listed && (
          <MaintenanceButton
            reader={reader}
            onDone={onChanged}
            onOpen={() => {
              open.value = "maintenance";
            }}
          />
        )}
        {may("site") && reader.listed && (
          <Button
            onClick={() => {
              open.value = "settings";
            }}
          >
            {told.settings}
          </Button>
        )}
      </div>
      {open.value === "reads" && <TestRead reader={reader.name} onClose={close} />}
      {open.value === "maintenance" && (
        <MaintenanceForm reader={reader.name} onClose={close} onDone={done} />
      )}
      {open.value === "settings" && (
        <EntryDialog
          part="readers"
          name={reader.name}
          fresh={{}}
          title={reader.name}
          onClose={close}
          onDone={onChanged}
        />
      )}
    </aside>
  );
}

function Facts({ reader }: { reader: Reader }) {
  const told = words().readers.detail;
  const facts: [string, string | null][] = [
    [told.since, when(reader.since)],
    [told.reason, reader.reason],
    [told.remedy, reader.remedy],
    [told.lastMessage, reader.last_message && ago(reader.last_message)],
    [told.lastRead, reader.last_read && ago(reader.last_read)],
  ];
  return (
    <dl class="kv">
      {facts.map(([head, value]) =>
        value ? (
          <div key={head} class="kv-row">
            <dt>{head}</dt>
            <dd>{value}</dd>
          </div>
        ) : null,
      )}
    </dl>
  );
}

function Antennas({ reader }: { reader: Reader }) {
  const told = words().readers.detail;
  const numbers = new Set([
    ...reader.points.map((point) => point.antenna),
    ...Object.keys(reader.antennas).map(Number),
  ]);
  return (
    <ul class="sm antennas">
      {[...numbers]
        .sort((a, b) => a - b)
        .map((number) => {
          const point = reader.points.find((each) => each.antenna === number);
          const state = reader.antennas[String(number)] ?? "unknown";
          return (
            <li key={number} class="row btw">
              <span class="st">
                {state === "disconnected" ? (
                  <AlertSymbol severity="warning" />
                ) : (
                  <span class={state === "connected" ? "dot f" : "dot"} />
                )}
                {told.antenna(number)}
              </span>
              <span class="sec">{point?.zone ?? reader.zone ?? words().frame.none}</span>
              <span class="mut">{told.antennaStates[state]}</span>
            </li>
          );
        })}
    </ul>
  );
}

function MaintenanceButton(props: { reader: Reader; onOpen: () => void; onDone: () => void }) {
  const told = words().readers.detail;
  const isOn = props.reader.maintenance.some((work) => work.kind === "reader");
  if (!isOn) return <Button onClick={props.onOpen}>{told.maintenance}</Button>;
  const end = async () => {
    await change(path`readers/${props.reader.name}/maintenance`, { verb: "DELETE" });
    props.onDone();
  };
  return <Action act={end}>{told.maintenanceEnd}</Action>;
}

function MaintenanceForm(props: { reader: string; onClose: () => void; onDone: () => void }) {
  const told = words().readers.detail;
  const minutes = useSignal("60");
  const why = useSignal("");
  const begin = async () => {
    const body = { for_s: Number(minutes.value) * 60, reason: why.value };
    await change(path`readers/${props.reader}/maintenance`, { verb: "PUT", body });
    props.onDone();
  };
  return (
    <Dialog title={told.maintenance} onClose={props.onClose}>
      <Field
        label={told.maintenanceFor}
        type="number"
        value={minutes.value}
        onInput={(text) => {
          minutes.value = text;
        }}
      />
      <Field
        label={told.maintenanceWhy}
        value={why.value}
        onInput={(text) => {
          why.value = text;
        }}
        required
      />
      <Action primary act={begin} disabled={!why.value.trim() || !(Number(minutes.value) > 0)}>
        {told.maintenanceBegin}
      </Action>
    </Dialog>
  );
}

function TestRead({ reader, onClose }: { reader: string; onClose: () => void }) {
  const told = words().readers;
  const listed = useListed<Shape<"Sighting">>("sightings", { reader, limit: 20 }, 2_000);
  return (
    <Dialog title={`${told.detail.testing}: ${reader}`} onClose={onClose}>
      {listed.rows?.length === 0 && <p class="sec">{told.detail.noReads}</p>}
      <ul class="sm reads">
        {listed.rows?.map((sighting) => (
          <li key={`${sighting.tag}${sighting.antenna}${sighting.first}`} class="row btw">
            <span class="mut nw">{clock(sighting.last)}</span>
            <span class="mono el grow" title={sighting.tag}>
              {sighting.tag}
            </span>
            <span>{told.detail.antenna(sighting.antenna)}</span>
            <span class="nw">
              {sighting.rssi_dbm_max === null ? "" : `${Math.round(sighting.rssi_dbm_max)} dBm`}
            </span>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
