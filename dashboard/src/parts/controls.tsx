/** Buttons, chips, segments and fields, each with all of its states. */
import { type Signal, signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { RefusedError } from "../api/client";
import { words } from "../words";
import { Coded } from "./coded";
import { Icon, type IconName } from "./icon";
import { AlertSymbol } from "./symbol";

interface ButtonProps {
  children?: ComponentChildren;
  icon?: IconName;
  /** The one filled button of a view. */
  primary?: boolean;
  ghost?: boolean;
  /** Shown in the button; `useKeys` does what it says. */
  keyName?: string;
  /** What an icon alone means. */
  label?: string;
  disabled?: boolean;
  submit?: boolean;
  pressed?: boolean;
  extra?: string;
  onClick?: (event: MouseEvent) => void;
}

export function Button(props: ButtonProps) {
  const { primary, ghost, label, children, extra = "" } = props;
  const look = ["btn", primary && "pri", ghost && "ghost", !children && "sq", extra];
  return (
    <button
      type={props.submit ? "submit" : "button"}
      class={look.filter(Boolean).join(" ")}
      aria-label={label}
      title={label}
      aria-pressed={props.pressed}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      {props.icon && <Icon name={props.icon} />}
      {children}
      {props.keyName && <kbd>{props.keyName}</kbd>}
    </button>
  );
}

interface ActionProps extends Omit<ButtonProps, "onClick" | "submit"> {
  /** What is done; the button is busy until it is, and says why where it was refused. */
  act: () => Promise<unknown>;
  busyText?: string;
}

/** A button for what takes a while: it keeps its width, and shows a refusal beneath itself. */
export function Action({ act, busyText, children, ...button }: ActionProps) {
  const busy = useSignal(false);
  const refusal = useSignal<string | null>(null);
  const begin = async () => {
    if (busy.value) return;
    busy.value = true;
    refusal.value = null;
    try {
      await act();
    } catch (error) {
      refusal.value = sayRefusal(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <span class="action">
      <Button {...button} disabled={button.disabled || busy.value} onClick={begin}>
        {busy.value && busyText ? busyText : children}
      </Button>
      <Refusal text={refusal} />
    </span>
  );
}

/** A refusal in words. What is no refusal is a fault of ours and is thrown on. */
export function sayRefusal(error: unknown): string {
  if (error instanceof RefusedError) return error.message;
  throw error;
}

const nothing = signal<string | null>(null);

export function Refusal({ text = nothing }: { text?: Signal<string | null> }) {
  if (text.value === null) return null;
  return (
    <span class="refusal" role="alert">
      <AlertSymbol severity="warning" quiet />
      <span>
        <Coded text={text.value} />
      </span>
    </span>
  );
}

interface SegmentsProps<Name extends string> {
  label: string;
  choices: readonly { name: Name; text: string; count?: number; mark?: ComponentChildren }[];
  chosen: Name;
  onChoose: (name: Name) => void;
}

/** A row of choices of which one is shown. */
export function Segments<Name extends string>(props: SegmentsProps<Name>) {
  return (
    <fieldset class="seg" aria-label={props.label}>
      {props.choices.map(({ name, text, count, mark }) => (
        <button
          type="button"
          key={name}
          class={name === props.chosen ? "on" : ""}
          aria-pressed={name === props.chosen}
          onClick={() => props.onChoose(name)}
        >
          {text}
          {count !== undefined && <span class="mut">{count}</span>}
          {mark}
        </button>
      ))}
    </fieldset>
  );
}

interface ChipProps {
  on: boolean;
  children: ComponentChildren;
  onToggle: () => void;
}

export function Chip({ on, children, onToggle }: ChipProps) {
  return (
    <button type="button" class={on ? "chip on" : "chip"} aria-pressed={on} onClick={onToggle}>
      {children}
    </button>
  );
}

type InputType = "text" | "password" | "number" | "search" | "datetime-local" | "url";

interface FieldProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
  type?: InputType;
  /** What is wrong with it, said beneath. */
  wrong?: string | undefined;
  hint?: ComponentChildren;
  /** Which keys a phone shows for it. */
  inputMode?: "text" | "decimal";
  required?: boolean;
  readOnly?: boolean;
  autocomplete?: string;
  placeholder?: string;
  step?: string;
  list?: readonly string[];
}

/** A field with its label above and what is wrong with it beneath. */
export function Field(props: FieldProps) {
  const id = useId();
  // Preact types every kind of input apart; those of a field take the same attributes.
  const type = (props.type ?? "text") as "text";
  const described = props.wrong || props.hint ? `${id}-said` : undefined;
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <input
        id={id}
        class="inp"
        type={type}
        inputMode={props.inputMode}
        value={props.value}
        required={props.required}
        readOnly={props.readOnly}
        autocomplete={props.autocomplete ?? "off"}
        placeholder={props.placeholder}
        step={props.step}
        list={props.list ? `${id}-list` : undefined}
        aria-invalid={props.wrong ? true : undefined}
        aria-describedby={described}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
      {props.list && (
        <datalist id={`${id}-list`}>
          {props.list.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      )}
      <Said id={described} wrong={props.wrong} hint={props.hint} />
    </div>
  );
}

interface SaidProps {
  id: string | undefined;
  wrong: string | undefined;
  hint: ComponentChildren;
}

/** What is wrong with a field, or else what it is for. */
export function Said({ id, wrong, hint }: SaidProps) {
  if (!wrong && !hint) return null;
  return (
    <span id={id} class={wrong ? "said wrong" : "said"}>
      {wrong && <AlertSymbol severity="warning" quiet />}
      {wrong ? (
        <span>
          <Coded text={wrong} />
        </span>
      ) : (
        hint
      )}
    </span>
  );
}

interface PickProps<Name extends string> {
  label: string;
  value: Name;
  choices: readonly { name: Name; text: string }[];
  onPick: (name: Name) => void;
  wrong?: string | undefined;
  hint?: ComponentChildren;
}

/** One of a few, as the system's own list. */
export function Pick<Name extends string>(props: PickProps<Name>) {
  const id = useId();
  const described = props.wrong || props.hint ? `${id}-said` : undefined;
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <select
        id={id}
        class="inp"
        value={props.value}
        aria-invalid={props.wrong ? true : undefined}
        aria-describedby={described}
        onChange={(event) => props.onPick(event.currentTarget.value as Name)}
      >
        {props.choices.map(({ name, text }) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
      <Said id={described} wrong={props.wrong} hint={props.hint} />
    </div>
  );
}

/** The words for a button that is at work. */
export const savingText = () => words().frame.saving;
