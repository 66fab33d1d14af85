/** One field of a form: by what its setting is. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { Boxes } from "../parts/boxes";
import { Coded } from "../parts/coded";
import { Button, Field, Pick } from "../parts/controls";
import { words } from "../words";
import type { Settings } from "./entry";
import {
  asText,
  type Control,
  type FormField,
  type MapGroup,
  namesIn,
  numberIn,
  numbersIn,
  type Path,
  type Refers,
  spoken,
  valueAt,
} from "./form-model";
import { settingOf } from "./text";
import { type Wrong, wrongAt } from "./wrong";

export interface FieldLook {
  readonly field: FormField;
  readonly settings: Settings;
  readonly wrongs: readonly Wrong[];
  /** What one could write there. */
  readonly example?: string | undefined;
  /** What there is to name. */
  readonly names: Readonly<Record<Refers, readonly string[]>>;
  readonly onChange: (path: Path, value: unknown) => void;
  /** A field holds what can not be read, or no longer. */
  readonly onBroken: (path: Path, isBroken: boolean) => void;
}

type Of<As extends Control["as"]> = Extract<Control, { as: As }>;

/** The field of a setting. */
export function FormFieldView(look: FieldLook) {
  const { control } = look.field;
  switch (control.as) {
    case "switch":
      return <Switch look={look} on={control.on} />;
    case "choice":
      return <Choice look={look} choices={control.choices} />;
    case "name":
      return <Choice look={look} choices={look.names[control.refers]} />;
    case "names":
      return <Names look={look} control={control} />;
    case "numbers":
      return <Line look={look} read={numbersIn} />;
    case "number":
      return <Line look={look} read={numberIn} />;
    case "group":
      return <Group look={look} fields={control.fields} />;
    case "map":
      return <ByKey look={look} groups={control.groups} />;
    case "json":
      return <Json look={look} />;
    default:
      return <Line look={look} read={(text) => text || undefined} />;
  }
}

export function labelOf(field: FormField): string {
  const unit = field.control.as === "number" ? field.control.unit : "";
  const name = words().rules.form.labels[field.key] ?? spoken(field.key);
  return unit ? `${name}, ${unit}` : name;
}

/** What it is, in the gateway's own words, and what holds where it is not set. */
function hintOf(field: FormField): ComponentChildren {
  const { usually } = words().rules.form;
  const described = field.description && <Described text={field.description} />;
  const usual = field.usual && field.control.as !== "switch" && usually(field.usual);
  return described || usual ? [described, " ", usual] : undefined;
}

/** A description of the schema, which is English. */
function Described({ text }: { text: string }) {
  return (
    <span lang="en">
      <Coded text={text} />
    </span>
  );
}

/** What a text in a field stands for. */
type Read = (text: string) => unknown;

function Line({ look, read }: { look: FieldLook; read: Read }) {
  const { field, settings } = look;
  const wrong = wrongAt(look.wrongs, field.path);
  const text = useSignal(asText(valueAt(settings, field.path)));
  const take = (typed: string) => {
    text.value = typed;
    look.onChange(field.path, read(typed));
  };
  return (
    <Field
      label={labelOf(field)}
      value={text.value}
      inputMode={field.control.as === "number" ? "decimal" : "text"}
      placeholder={look.example ?? (field.control.as === "names" ? words().rules.form.commas : "")}
      onInput={take}
      required={field.required}
      wrong={wrong}
      hint={hintOf(field)}
    />
  );
}

function Switch({ look, on }: { look: FieldLook; on: boolean }) {
  const { field, settings } = look;
  const wrong = wrongAt(look.wrongs, field.path);
  const id = useId();
  const value = valueAt(settings, field.path) ?? on;
  const toggle = (now: boolean) => look.onChange(field.path, now === on ? undefined : now);
  return (
    <div class="field">
      <label class="check">
        <input
          type="checkbox"
          checked={value === true}
          aria-describedby={id}
          onChange={(event) => toggle(event.currentTarget.checked)}
        />
        {labelOf(field)}
      </label>
      <span id={id} class={wrong ? "said wrong" : "said"}>
        {wrong ?? hintOf(field)}
      </span>
    </div>
  );
}

function Choice({ look, choices }: { look: FieldLook; choices: readonly string[] }) {
  const { field, settings } = look;
  const wrong = wrongAt(look.wrongs, field.path);
  const value = asText(valueAt(settings, field.path));
  const known = value && !choices.includes(value) ? [value, ...choices] : choices;
  const { notSet, values } = words().rules.form;
  const usual = field.usual ? (values[field.usual] ?? field.usual) : "";
  const unset = { name: "", text: usual ? notSet(usual) : "–" };
  const all = known.map((name) => ({ name, text: values[name] ?? name }));
  return (
    <Pick
      label={labelOf(field)}
      value={value}
      choices={field.required && value ? all : [unset, ...all]}
      onPick={(name) => look.onChange(field.path, name || undefined)}
      wrong={wrong}
      hint={field.description && <Described text={field.description} />}
    />
  );
}

function Names({ look, control }: { look: FieldLook; control: Of<"names"> }) {
  const known = control.refers && look.names[control.refers];
  return known?.length ? (
    <Several look={look} known={known} />
  ) : (
    <Line look={look} read={(text) => namesIn(text, control.oneAsText)} />
  );
}

/** Some of what there is to name; what is named and is not there stands first. */
function Several({ look, known }: { look: FieldLook; known: readonly string[] }) {
  const { field, settings } = look;
  const wrong = wrongAt(look.wrongs, field.path);
  const value = valueAt(settings, field.path);
  const chosen = Array.isArray(value) ? value.map(String) : value ? [asText(value)] : [];
  const all = [...chosen.filter((each) => !known.includes(each)), ...known];
  return (
    <Boxes
      label={labelOf(field)}
      names={all}
      chosen={chosen}
      onChoose={(now) => look.onChange(field.path, now.length ? now : undefined)}
      wrong={wrong}
      hint={hintOf(field)}
    />
  );
}

function Group({ look, fields }: { look: FieldLook; fields: readonly FormField[] }) {
  const { field } = look;
  const id = useId();
  const wrong = wrongAt(look.wrongs, field.path, pathsOf(fields));
  return (
    <fieldset class="field group" aria-describedby={id}>
      <legend>{labelOf(field)}</legend>
      <div class="group-fields">
        {fields.map((each) => (
          <FormFieldView key={each.key} {...look} field={each} />
        ))}
      </div>
      <span id={id} class={wrong ? "said wrong" : "said"}>
        {wrong ?? hintOf(field)}
      </span>
    </fieldset>
  );
}

function pathsOf(fields: readonly FormField[]): readonly Path[] {
  return fields.map((each) => each.path);
}

/** A group for each key, and a field for one more. */
function ByKey({ look, groups }: { look: FieldLook; groups: readonly MapGroup[] }) {
  const { field } = look;
  const told = words().rules.form;
  const id = useId();
  const wrong = wrongAt(look.wrongs, field.path, pathsOf(groups.flatMap((each) => each.fields)));
  const next = useSignal(nextKey(groups));
  const add = () => {
    look.onChange([...field.path, next.value.trim()], {});
    next.value = nextKey([...groups, { key: next.value.trim(), fields: [] }]);
  };
  const isTaken = groups.some((each) => each.key === next.value.trim());
  return (
    <fieldset class="field group" aria-describedby={id}>
      <legend>{labelOf(field)}</legend>
      {groups.map(({ key, fields }) => (
        <fieldset key={key} class="field group">
          <legend>{key}</legend>
          <div class="group-fields">
            {fields.map((each) => (
              <FormFieldView key={each.key} {...look} field={each} />
            ))}
          </div>
          <div class="row">
            <Button ghost onClick={() => look.onChange([...field.path, key], undefined)}>
              {told.remove(key)}
            </Button>
          </div>
        </fieldset>
      ))}
      <div class="row by-key">
        <Field
          label={told.newKey}
          value={next.value}
          onInput={(text) => {
            next.value = text;
          }}
        />
        <Button icon="plus" onClick={add} disabled={!next.value.trim() || isTaken}>
          {told.addKey}
        </Button>
      </div>
      <span id={id} class={wrong ? "said wrong" : "said"}>
        {wrong ?? hintOf(field)}
      </span>
    </fieldset>
  );
}

/** The next number where keys are numbers, such as those of antennas. */
function nextKey(groups: readonly MapGroup[]): string {
  const numbers = groups.map((each) => Number(each.key));
  return numbers.every(Number.isInteger) ? String(Math.max(0, ...numbers) + 1) : "";
}

/** What is too large for a field is written as in the file, as JSON. */
function Json({ look }: { look: FieldLook }) {
  const { field, settings } = look;
  const id = useId();
  const value = valueAt(settings, field.path);
  const text = useSignal(value === undefined ? "" : JSON.stringify(value, null, 2));
  const isWrong = useSignal(false);
  const take = (typed: string) => {
    text.value = typed;
    const read = settingOf(typed);
    isWrong.value = read.isWrong;
    look.onBroken(field.path, read.isWrong);
    if (!read.isWrong) look.onChange(field.path, read.value);
  };
  const said = isWrong.value ? words().rules.editor.notJson : wrongAt(look.wrongs, field.path);
  return (
    <div class="field">
      <label for={id}>{labelOf(field)}</label>
      <textarea
        id={id}
        class="inp mono"
        rows={Math.min(12, Math.max(2, text.value.split("\n").length))}
        spellcheck={false}
        value={text.value}
        aria-invalid={said ? true : undefined}
        aria-describedby={`${id}-said`}
        onInput={(event) => take(event.currentTarget.value)}
      />
      <span id={`${id}-said`} class={said ? "said wrong" : "said"}>
        {said ?? hintOf(field)}
      </span>
    </div>
  );
}
