/** Some of several, each with a box. */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { Said } from "./controls";

interface BoxesProps {
  label: string;
  names: readonly string[];
  chosen: readonly string[];
  onChoose: (names: readonly string[]) => void;
  wrong?: string | undefined;
  hint?: ComponentChildren;
}

export function Boxes({ label, names, chosen, onChoose, wrong, hint }: BoxesProps) {
  const id = useId();
  const toggle = (name: string) =>
    onChoose(names.filter((each) => chosen.includes(each) !== (each === name)));
  return (
    <fieldset class="field several" aria-describedby={wrong || hint ? id : undefined}>
      <legend>{label}</legend>
      <div class="several-list">
        {names.map((name) => (
          <label key={name} class="check">
            <input type="checkbox" checked={chosen.includes(name)} onChange={() => toggle(name)} />
            {name}
          </label>
        ))}
      </div>
      <Said id={id} wrong={wrong} hint={hint} />
    </fieldset>
  );
}
