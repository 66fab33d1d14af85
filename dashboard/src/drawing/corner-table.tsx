/** The corners as figures: all that can be done on the plan can be done here by keyboard. */
import { useSignal } from "@preact/signals";
import { Button } from "../parts/controls";
import { words } from "../words";
import { type Editor, edit, settle } from "./editor";
import type { Point } from "./geometry";

export function CornerTable({ editor }: { editor: Editor }) {
  const told = words().places;
  const outline = editor.draft.value?.outline;
  if (!outline) return null;
  const outside = new Set(editor.verdict.value?.outside);
  return (
    <section class="corners" aria-label={told.cornersHead}>
      <h3>{told.cornersHead}</h3>
      <table>
        <caption class="unseen">{told.cornersHead}</caption>
        <thead>
          <tr>
            <th scope="col">{told.number}</th>
            <th scope="col" class="r">
              x
            </th>
            <th scope="col" class="r">
              y
            </th>
            <th>
              <span class="unseen">{told.removeCorner("")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {outline.corners.map((corner, place) => (
            <CornerRow
              key={place}
              editor={editor}
              place={place}
              corner={corner}
              isOutside={outside.has(place)}
            />
          ))}
          {!editor.readOnly.value && <NewCorner editor={editor} />}
        </tbody>
      </table>
    </section>
  );
}

interface RowProps {
  editor: Editor;
  place: number;
  corner: Point;
  isOutside: boolean;
}

function CornerRow({ editor, place, corner, isOutside }: RowProps) {
  const told = words().places;
  const isPicked = editor.draft.value?.outline.picked === place;
  const pick = () => edit(editor, { do: "pick", corner: place });
  const move = (axis: 0 | 1, value: number) => {
    const to: Point = axis === 0 ? [value, corner[1]] : [corner[0], value];
    edit(editor, { do: "move", corner: place, to }, `field ${place} ${axis}`);
  };
  return (
    <tr class={isPicked ? "on" : ""} onClick={pick}>
      <th scope="row">
        {place + 1}
        {isOutside && <span title={told.offFloor}> ◇</span>}
      </th>
      {([0, 1] as const).map((axis) => (
        <td class="r" key={axis}>
          <Figure
            label={told.coordinate(place + 1, axis === 0 ? "x" : "y")}
            value={corner[axis]}
            readOnly={editor.readOnly.value}
            onFocus={pick}
            onValue={(value) => move(axis, value)}
            onDone={() => settle(editor)}
          />
        </td>
      ))}
      <td class="r">
        {!editor.readOnly.value && (
          <Button
            ghost
            icon="close"
            label={told.removeCorner(String(place + 1))}
            onClick={() => edit(editor, { do: "delete", corner: place })}
          />
        )}
      </td>
    </tr>
  );
}

/** One digit after the point, two where a centimetre is meant. */
function figureText(value: number): string {
  return Number.isInteger(Math.round(value * 100) / 10) ? value.toFixed(1) : value.toFixed(2);
}

interface FigureProps {
  label: string;
  value: number | null;
  readOnly?: boolean;
  onFocus?: () => void;
  onValue: (value: number) => void;
  onDone?: () => void;
}

/** A number in metres. What is typed stays as it is typed until the field is left. */
function Figure({ label, value, readOnly, onFocus, onValue, onDone }: FigureProps) {
  const typed = useSignal<string | null>(null);
  return (
    <input
      class="inp figure"
      type="number"
      step="0.1"
      aria-label={label}
      readOnly={readOnly}
      value={typed.value ?? (value === null ? "" : figureText(value))}
      onFocus={onFocus}
      onInput={(event) => {
        typed.value = event.currentTarget.value;
        const figure = event.currentTarget.valueAsNumber;
        if (Number.isFinite(figure) && Math.abs(figure) <= 100_000) onValue(figure);
      }}
      onBlur={() => {
        typed.value = null;
        onDone?.();
      }}
    />
  );
}

function NewCorner({ editor }: { editor: Editor }) {
  const told = words().places;
  const x = useSignal<number | null>(null);
  const y = useSignal<number | null>(null);
  const round = useSignal(0);
  const isWhole = x.value !== null && y.value !== null;
  const add = () => {
    if (x.value === null || y.value === null) return;
    edit(editor, { do: "add", at: [x.value, y.value] });
    [x.value, y.value] = [null, null];
    round.value += 1;
    document.querySelector<HTMLInputElement>("#new-corner input")?.focus();
  };
  return (
    <tr
      id="new-corner"
      onKeyDown={(event) => {
        if (event.key !== "Enter" || !isWhole) return;
        event.preventDefault();
        add();
      }}
    >
      <th scope="row">+</th>
      {[x, y].map((axis, place) => (
        <td class="r" key={place === 0 ? "x" : "y"}>
          <Figure
            key={round.value}
            label={told.newCoordinate(place === 0 ? "x" : "y")}
            value={axis.value}
            onValue={(value) => {
              axis.value = value;
            }}
          />
        </td>
      ))}
      <td class="r">
        <Button ghost icon="plus" label={told.addCorner} disabled={!isWhole} onClick={add} />
      </td>
    </tr>
  );
}
