/** The bar over the plan: floors with counts and worst alert, categories, plan or table. */
import { look } from "../../address";
import type { Severity } from "../../api/shape";
import { assetById, categories } from "../../live/assets";
import { tallies } from "../../live/live";
import { LOOSE_TAGS } from "../../live/loose";
import { Chip, Segments } from "../../parts/controls";
import { AlertSymbol } from "../../parts/symbol";
import { ShapeGlyph } from "../../plan/glyph";
import { shapeOf } from "../../plan/shapes";
import { words } from "../../words";
import { choices, floorTitle, hidden, isTable, showFloor, shownFloor, toggle } from "./choices";
import { floorMark } from "./floor-mark";

const CHIPS_MAX = 6;

export function Bar() {
  const told = words().live;
  return (
    <div class="bar live-bar">
      <Floors />
      <fieldset class="row chips no-ph" aria-label={told.filter}>
        {categories.value.slice(0, CHIPS_MAX).map((category) => (
          <Chip key={category} on={!hidden.value.has(category)} onToggle={() => toggle(category)}>
            <ShapeGlyph shape={shapeOf(category)} />
            <span class="el" title={category}>
              {category || told.otherCategory}
            </span>
          </Chip>
        ))}
        {hasLooseTags() && (
          <Chip on={!hidden.value.has(LOOSE_TAGS)} onToggle={() => toggle(LOOSE_TAGS)}>
            <ShapeGlyph shape={4} />
            <span class="el" title={told.looseTags}>
              {told.looseTags}
            </span>
          </Chip>
        )}
      </fieldset>
      <span class="grow" />
      <Segments
        label={told.view}
        choices={[
          { name: "plan", text: told.plan },
          { name: "table", text: told.table },
        ]}
        chosen={isTable.value ? "table" : "plan"}
        onChoose={(name) => look({ view: name === "table" ? "table" : null })}
      />
    </div>
  );
}

function hasLooseTags(): boolean {
  return assetById.value.size > 0 && tallies.value.looseTags > 0;
}

function Floors() {
  const told = words().live;
  const shown = shownFloor.value;
  if (!shown) return null;
  return (
    <Segments
      label={told.floors}
      choices={choices.value.map((floor) => ({
        name: floor.name,
        text: floorTitle(floor, told.noFloorName),
        count: tallies.value.floors.get(floor.name)?.all ?? 0,
        mark: <FloorMark floor={floor.name} />,
      }))}
      chosen={shown.name}
      onChoose={showFloor}
    />
  );
}

/** The worst alert of a floor that is not acknowledged, else the worst. */
function FloorMark({ floor }: { floor: string }) {
  const worst = floorMark(floor);
  return worst && <AlertSymbol severity={worst.severity as Severity} state={worst.state} />;
}
