/** An entry of the site file as a form, made of its kind's own schema. */
import type { Signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { ask } from "../api/client";
import { Pick } from "../parts/controls";
import { useLoaded } from "../parts/loaded";
import { zones } from "../site";
import { words } from "../words";
import type { Settings } from "./entry";
import { FormFieldView } from "./form-fields";
import {
  type FormField,
  fieldsOf,
  inOrder,
  type Path,
  type Refers,
  withKind,
  withValue,
} from "./form-model";
import type { KindPart, Kinds } from "./schema";
import type { Wrong } from "./wrong";

interface EntryFormProps {
  part: KindPart;
  kinds: Kinds;
  /** Whether its kind can still be chosen. */
  isNew: boolean;
  settings: Signal<Settings>;
  wrongs: readonly Wrong[];
  /** The fields that hold what can not be read. */
  broken: Signal<ReadonlySet<string>>;
}

/** What people set most, whether it is set or not. */
const FIRST: Readonly<Record<KindPart, readonly string[]>> = {
  rules: ["assets", "fence", "zones", "portals", "over", "under", "severity", "notify"],
  channels: ["severity_min"],
  readers: ["zone", "antennas"],
};

export function EntryForm({ part, kinds, isNew, settings, wrongs, broken }: EntryFormProps) {
  const kind = String(settings.value[kinds.key] ?? "");
  const schema = kinds.byName.get(kind);
  const names = useNames();
  const change = (path: Path, value: unknown) => {
    settings.value = withValue(settings.value, path, value);
  };
  const mark = (path: Path, isBroken: boolean) => {
    const rest = [...broken.value].filter((each) => each !== path.join("."));
    broken.value = new Set(isBroken ? [...rest, path.join(".")] : rest);
  };
  const fields = schema ? fieldsOf(schema, settings.value, kinds) : [];
  // A field stays where it is while it is filled in.
  const opened = useMemo(() => settings.value, [kind]);
  const { shown, more } = inOrder(fields, opened, FIRST[part]);
  const view = (field: FormField) => (
    <FormFieldView
      key={`${kind} ${field.key} ${field.control.as}`}
      field={field}
      settings={settings.value}
      names={names}
      wrongs={wrongs}
      example={field.key === "name" ? words().rules.form.examples[part] : undefined}
      onChange={change}
      onBroken={mark}
    />
  );
  return (
    <div class="form col">
      <KindPick kinds={kinds} kind={kind} isNew={isNew} settings={settings} />
      {shown.map(view)}
      {more.length > 0 && (
        <details>
          <summary>{words().rules.form.more(more.length)}</summary>
          <div class="col">{more.map(view)}</div>
        </details>
      )}
    </div>
  );
}

interface KindPickProps {
  kinds: Kinds;
  kind: string;
  isNew: boolean;
  settings: Signal<Settings>;
}

function KindPick({ kinds, kind, isNew, settings }: KindPickProps) {
  const told = words().rules;
  const text = (name: string) => (told.kinds[name] ? `${name}: ${told.kinds[name]}` : name);
  const label = told.form.kindOf[kinds.key];
  if (!isNew) return <p class="sm sec">{`${label}: ${text(kind)}`}</p>;
  return (
    <Pick
      label={label}
      value={kind}
      choices={[...kinds.byName.keys()].map((name) => ({ name, text: text(name) }))}
      onPick={(name) => {
        settings.value = withKind(settings.value, kinds, name);
      }}
    />
  );
}

const NOBODY: readonly string[] = [];

/** What there is to name in a form. */
function useNames(): Record<Refers, readonly string[]> {
  const read = async () => {
    const [channels, portals, readers] = await Promise.all(
      (["channels", "portals", "readers"] as const).map(namesOf),
    );
    return { channels, portals, readers };
  };
  const loaded = useLoaded(read, "names").value.value;
  return {
    zones: zones.value.map((zone) => zone.name),
    channels: loaded?.channels ?? NOBODY,
    portals: loaded?.portals ?? NOBODY,
    readers: loaded?.readers ?? NOBODY,
  };
}

async function namesOf(part: Exclude<Refers, "zones">): Promise<string[]> {
  const { items } = await ask<{ items: { name: string }[] }>(part, { limit: 1000 });
  return items.map((each) => each.name);
}
