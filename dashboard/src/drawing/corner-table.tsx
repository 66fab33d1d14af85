/** The corners as figures: all that can be done on the plan can be done here by keyboard. */
import { type Signal, useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { numberIn } from "../numbers";
import { Button, Said } from "../parts/controls";
import { words } from "../words";
import { type Editor, edit, settle } from "./editor";
import type { Point } from "./geometry";

export function CornerTable({ editor }: { editor: Editor }) {
  const told = words().places;
  const outline = editor.draft.value?.outline;
  const unread = useSignal(false);
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
              unread={unread}
              isOutside={outside.has(place)}
            />
          ))}
          {!editor.readOnly.value && <NewCorner editor={editor} unread={unread} />}
        </tbody>
      </table>
      <Said id={UNREAD} wrong={unread.value ? told.figureWrong : undefined} hint={null} />
    </section>
  );
}

const UNREAD = "corner-unread";

interface TableProps {
  editor: Editor;
  /** Whether what is being typed is no figure. */
  unread: Signal<boolean>;
}

interface RowProps extends TableProps {
  place: number;
  corner: Point;
  isOutside: boolean;
}

function CornerRow({ editor, unread, place, corner, isOutside }: RowProps) {
  const told = words().places;
  const isPicked = editor.draft.value?.outline.picked === place;
  const pick = () => edit(editor, { do: "pick", corner: place });
  const move = (axis: 0 | 1, value: number | null) => {
    if (value === null) return;
    const to: Point = axis === 0 ? [value, corner[1]] : [corner[0], value];
    edit(editor, { do: "move", corner: place, to }, `field ${place} ${axis}`);
  };
  const remove = () => {
    const isLast = place + 1 === editor.draft.value?.outline.corners.length;
    edit(editor, { do: "delete", corner: place });
    // The focus was on what is gone.
    if (isLast) toNewCorner();
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
            unread={unread}
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
            onClick={remove}
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
  unread: Signal<boolean>;
  readOnly?: boolean;
  onFocus?: () => void;
  onValue: (value: number | null) => void;
  onDone?: () => void;
}

const METRES_MAX = 100_000;
const CENTIMETRE_M = 0.01;

const isNear = (one: number, other: number | null): boolean =>
  other !== null && Math.abs(one - other) < CENTIMETRE_M;

/**
 * A number in metres. What is typed stays as it is typed until the field is left; while it is no
 * figure, the value is what it was when the field was entered.
 */
function Figure(props: FigureProps) {
  const { label, value, unread, readOnly, onValue } = props;
  const typed = useSignal<string | null>(null);
  const before = useRef(value);
  const isTyped = (text: string) => Math.abs(numberIn(text)) <= METRES_MAX;
  const isWrong = typed.value !== null && typed.value.trim() !== "" && !isTyped(typed.value);
  // Undone meanwhile, it is not what was typed any more.
  const isMine = (text: string) => !isTyped(text) || isNear(numberIn(text), value);
  const type = (text: string) => {
    typed.value = text;
    unread.value = text.trim() !== "" && !isTyped(text);
    onValue(isTyped(text) ? numberIn(text) : before.current);
  };
  const step = (event: KeyboardEvent) => {
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!way || readOnly) return;
    event.preventDefault();
    type(figureText((value ?? 0) + way * (event.shiftKey ? 1 : 0.1)));
  };
  return (
    <input
      class="inp figure"
      inputMode="decimal"
      autocomplete="off"
      aria-label={label}
      aria-invalid={isWrong || undefined}
      aria-describedby={isWrong ? UNREAD : undefined}
      readOnly={readOnly}
      value={
        typed.value !== null && isMine(typed.value)
          ? typed.value
          : value === null
            ? ""
            : figureText(value)
      }
      onFocus={() => {
        before.current = value;
        props.onFocus?.();
      }}
      onKeyDown={step}
      onInput={(event) => type(event.currentTarget.value)}
      onBlur={() => {
        typed.value = null;
        unread.value = false;
        props.onDone?.();
      }}
    />
  );
}

function toNewCorner(): void {
  document.querySelector<HTMLInputElement>("#new-corner input")?.focus();
}

function NewCorner({ editor, unread }: TableProps) {
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
    toNewCorner();
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
            unread={unread}
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
