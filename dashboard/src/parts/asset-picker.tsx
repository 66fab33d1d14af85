/** A field that finds assets as somebody types, asked of the gateway; arrows and Enter pick. */
import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { ask } from "../api/client";
import type { Asset } from "../api/shape";
import { words } from "../words";
import { useLoaded } from "./loaded";
import { useSettled } from "./settled";

const SHOWN = 8;

interface AssetPickerProps {
  label: string;
  onPick: (asset: Asset) => void;
  /** Left out of what is found. */
  without?: readonly string[];
}

export function AssetPicker({ label, onPick, without = [] }: AssetPickerProps) {
  const told = words().history;
  const id = useId();
  const text = useSignal("");
  const place = useSignal(0);
  const settled = useSettled(text.value.trim(), 150);
  const found = useLoaded(async (ended) => {
    if (!settled) return [];
    return (await ask<{ items: Asset[] }>("assets", { q: settled, limit: SHOWN + 10 }, ended))
      .items;
  }, settled);
  const list = (found.value.value ?? [])
    .filter((each) => !without.includes(each.id))
    .slice(0, SHOWN);
  const isOpen = text.value.trim() !== "" && found.value.value !== undefined;
  /** Whether the list is of what stands in the field: else Enter would pick something else. */
  const isFound = found.isCurrent && settled === text.value.trim();
  const pick = (asset: Asset | undefined) => {
    if (!asset) return;
    text.value = "";
    onPick(asset);
  };
  const pressed = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (step && list.length) place.value = (place.value + step + list.length) % list.length;
    else if (event.key === "Enter") pick(isFound ? list[place.value] : undefined);
    else if (event.key === "Escape" && text.value) text.value = "";
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="picker">
      <input
        class="inp"
        type="text"
        list={undefined}
        // biome-ignore lint/a11y/noRedundantRoles: without a list of the system it is not implied
        role="combobox"
        autocomplete="off"
        aria-label={label}
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        aria-activedescendant={isOpen && list.length ? `${id}-${place.value}` : undefined}
        placeholder={told.addHint}
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          place.value = 0;
        }}
        onKeyDown={pressed}
      />
      <div id={`${id}-list`} role="listbox" aria-label={label} class="picker-list" hidden={!isOpen}>
        {list.map((asset, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field takes the keys of its list
          <div
            key={asset.id}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === place.value}
            onClick={() => pick(asset)}
          >
            <b class="el" title={asset.name || asset.id}>
              {asset.name || asset.id}
            </b>
            <span class="mut xs el">{[asset.id, asset.category].filter(Boolean).join(", ")}</span>
          </div>
        ))}
      </div>
      {isOpen && list.length === 0 && (
        <p class="said" role="status">
          {told.noMatch}
        </p>
      )}
    </div>
  );
}
