/** The first rule: what leaves its fence calls somebody. */
import { type Signal, useSignal } from "@preact/signals";
import { ask, RefusedError } from "../../api/client";
import type { Severity, Shape } from "../../api/shape";
import { type Settings, writeEntry } from "../../entries/entry";
import { wrongText } from "../../entries/wrong";
import { Boxes } from "../../parts/boxes";
import { Action, Field, Refusal, Segments, savingText } from "../../parts/controls";
import { useLoaded } from "../../parts/loaded";
import { AlertSymbol } from "../../parts/symbol";
import { PreviewCard } from "../../preview/card";
import { createPreviewing } from "../../preview/run";
import { zones } from "../../site";
import { words } from "../../words";
import type { StepProps } from ".";

interface RuleForm {
  readonly name: string;
  readonly category: string;
  readonly fence: readonly string[];
  readonly severity: Severity;
  readonly notify: readonly string[];
}

/** The entry of an exit rule. */
export function ruleOf({ name, category, fence, severity, notify }: RuleForm): Settings {
  const entry: Settings = { name: name.trim(), kind: "exit" };
  if (category.trim()) entry["assets"] = { category: category.trim() };
  return { ...entry, fence, severity, notify };
}

export function RuleStep({ installed, again }: StepProps) {
  const told = words().setup;
  const saved = useSignal<string | null>(null);
  const there = installed.rules.filter((rule) => !rule.name.startsWith("system: "));
  return (
    <section class="wizard-form col">
      <h2>{told.ruleTitle}</h2>
      <p class="sec">{told.ruleText}</p>
      {saved.value === null && there.length > 0 && (
        <p class="sm">{told.ruleThere(there.map((rule) => rule.name).join(", "))}</p>
      )}
      <p class="sm" role="status">
        {saved.value && told.ruleSaved(saved.value)}
      </p>
      {saved.value === null && (
        <RuleFields
          onDone={async (name) => {
            saved.value = name;
            await again();
          }}
        />
      )}
    </section>
  );
}

const previewing = createPreviewing();

function RuleFields({ onDone }: { onDone: (name: string) => Promise<void> }) {
  const told = words().setup;
  const form = useSignal<RuleForm>({
    name: told.ruleNameUsual,
    category: "",
    fence: zones.value.filter((zone) => zone.role !== "exit").map((zone) => zone.name),
    severity: "critical",
    notify: [],
  });
  const refusal = useSignal<string | null>(null);
  const categories = useLoaded(readCategories, "categories");
  const set = (fields: Partial<RuleForm>) => {
    form.value = { ...form.value, ...fields };
    refusal.value = null;
  };
  const add = async () => {
    try {
      const settings = ruleOf(form.value);
      const made = await writeEntry({ part: "rules", name: null, settings, etag: null });
      await onDone(made.name ?? form.value.name);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      refusal.value = wrongText(error);
    }
  };
  const canSave = form.value.name.trim() !== "" && form.value.fence.length > 0;
  return (
    <>
      <Field label={told.ruleName} value={form.value.name} onInput={(name) => set({ name })} />
      <Field
        label={told.ruleCategory}
        value={form.value.category}
        hint={told.ruleCategoryHint}
        list={categories.value.value ?? []}
        onInput={(category) => set({ category })}
      />
      <Boxes
        label={told.ruleFence}
        names={zones.value.map(({ name }) => name)}
        chosen={form.value.fence}
        onChoose={(fence) => set({ fence })}
      />
      <SeverityChoice form={form} set={set} />
      <Notified chosen={form.value.notify} onChoose={(notify) => set({ notify })} />
      <PreviewCard
        previewing={previewing}
        changed={canSave ? { rules: { [form.value.name.trim()]: ruleOf(form.value) } } : null}
      />
      <Refusal text={refusal} />
      <div class="row">
        <Action primary extra="tall" act={add} busyText={savingText()} disabled={!canSave}>
          {told.ruleSave}
        </Action>
      </div>
    </>
  );
}

async function readCategories(signal: AbortSignal): Promise<string[]> {
  const { items } = await ask<{ items: Shape<"Asset">[] }>("assets", { limit: 1000 }, signal);
  return [...new Set(items.map((asset) => asset.category).filter(Boolean))].toSorted();
}

const SEVERITIES = ["critical", "warning", "info"] as const;

function SeverityChoice(props: {
  form: Signal<RuleForm>;
  set: (fields: Partial<RuleForm>) => void;
}) {
  const told = words().setup;
  return (
    <div class="field">
      <span>{told.ruleSeverity}</span>
      <Segments
        label={told.ruleSeverity}
        chosen={props.form.value.severity}
        choices={SEVERITIES.map((name) => ({
          name,
          text: words().alarms.severities[name],
          mark: <AlertSymbol severity={name} quiet />,
        }))}
        onChoose={(severity) => props.set({ severity })}
      />
    </div>
  );
}

interface NotifiedProps {
  chosen: readonly string[];
  onChoose: (names: readonly string[]) => void;
}

function Notified({ chosen, onChoose }: NotifiedProps) {
  const told = words().setup;
  const loaded = useLoaded(
    (signal) => ask<{ items: { name: string }[] }>("channels", { limit: 200 }, signal),
    "channels",
  );
  const names = loaded.value.value?.items.map(({ name }) => name) ?? [];
  if (names.length === 0) return <p class="sm sec">{told.ruleNotifyNone}</p>;
  return <Boxes label={told.ruleNotify} names={names} chosen={chosen} onChoose={onChoose} />;
}
