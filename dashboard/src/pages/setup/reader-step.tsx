/** A reader: the few fields that its driver needs, then how it is until it answers. */
import { type Signal, useSignal } from "@preact/signals";
import { RefusedError } from "../../api/client";
import { writeEntry } from "../../entries/entry";
import { wrongText } from "../../entries/wrong";
import { Action, Field, Pick, Refusal } from "../../parts/controls";
import { zones } from "../../site";
import { words } from "../../words";
import type { StepProps } from ".";
import { PointRows } from "./point-rows";
import {
  DRIVERS,
  type Driver,
  emptyForm,
  entryOf,
  FORMATS,
  faultOf,
  PROTOCOLS,
  type ReaderForm,
} from "./reader-form";
import { Health } from "./reader-health";

export function ReaderStep({ installed, again }: StepProps) {
  const told = words().setup;
  const shown = useSignal<string | null>(installed.readers.at(-1)?.name ?? null);
  const done = async (name: string) => {
    shown.value = name;
    await again();
  };
  return (
    <section class="wizard-form col">
      <h2>{told.readerTitle}</h2>
      {shown.value === null ? (
        <>
          <p class="sec">{told.readerText}</p>
          <ReaderFields onDone={done} />
        </>
      ) : (
        <Health
          name={shown.value}
          key={shown.value}
          onAnother={() => {
            shown.value = null;
          }}
        />
      )}
    </section>
  );
}

function ReaderFields({ onDone }: { onDone: (name: string) => Promise<void> }) {
  const told = words().setup;
  const zone = zones.value.find((each) => each.shape !== null) ?? zones.value[0];
  const form = useSignal<ReaderForm>(emptyForm("llrp", zone?.name ?? ""));
  const refusal = useSignal<string | null>(null);
  const { driver } = form.value;
  const set = (fields: Partial<ReaderForm>) => {
    form.value = { ...form.value, ...fields };
    refusal.value = null;
  };
  const add = async () => {
    try {
      const settings = entryOf(form.value);
      const made = await writeEntry({ part: "readers", name: null, settings, etag: null });
      await onDone(made.name ?? form.value.name.trim());
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      refusal.value = wrongText(error);
    }
  };
  return (
    <>
      <DriverChoice
        driver={driver}
        onChoose={(each) => set({ ...emptyForm(each, zone?.name ?? "", form.value.name) })}
      />
      <Field
        label={told.readerName}
        value={form.value.name}
        required
        placeholder={words().rules.form.examples.readers}
        onInput={(name) => set({ name })}
      />
      <DriverFields form={form} set={set} />
      <PointRows form={form.value} onRows={(rows) => set({ rows })} />
      <Refusal text={refusal} />
      <div class="row">
        <Action
          primary
          extra="tall"
          act={add}
          busyText={told.readerAdding}
          disabled={faultOf(form.value) !== null}
        >
          {told.readerSave}
        </Action>
      </div>
    </>
  );
}

function DriverChoice(props: { driver: Driver; onChoose: (driver: Driver) => void }) {
  const told = words().setup;
  return (
    <fieldset class="choices-large" aria-label={told.driver}>
      {DRIVERS.map((driver) => (
        <label key={driver} class={driver === props.driver ? "on" : ""}>
          <input
            type="radio"
            name="driver"
            value={driver}
            checked={driver === props.driver}
            onChange={() => props.onChoose(driver)}
          />
          <span>
            <b>{told.drivers[driver]}</b>
            <span class="xs mut">{told.driverTexts[driver]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

interface FieldsProps {
  form: Signal<ReaderForm>;
  set: (fields: Partial<ReaderForm>) => void;
}

function DriverFields({ form, set }: FieldsProps) {
  const told = words().setup;
  const { driver, address, protocol, topic, format } = form.value;
  const isWrong = address.trim() !== "" && faultOf({ ...form.value, name: "x" }) === "address";
  return (
    <>
      {driver !== "http" && (
        <Field
          label={told.addresses[driver]}
          value={address}
          required
          hint={told.addressHints[driver]}
          wrong={isWrong ? `${told.addressWrong}: ${told.addressHints[driver]}` : undefined}
          onInput={(value) => set({ address: value })}
        />
      )}
      {driver === "serial" && (
        <Pick
          label={told.protocol}
          value={protocol}
          choices={PROTOCOLS.map((name) => ({ name, text: name }))}
          onPick={(value) => set({ protocol: value })}
        />
      )}
      {driver === "mqtt" && (
        <Field
          label={told.topic}
          value={topic}
          required
          hint={told.topicHint}
          onInput={(value) => set({ topic: value })}
        />
      )}
      {(driver === "mqtt" || driver === "http") && (
        <Pick
          label={told.format}
          value={format}
          choices={FORMATS[driver].map((name) => ({ name, text: name }))}
          onPick={(value) => set({ format: value })}
        />
      )}
    </>
  );
}
