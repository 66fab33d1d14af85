/** The side: the zones of the floor, or the one that is edited; the tested point above either. */
import { look } from "../../address";
import type { Floor, Zone } from "../../api/shape";
import { ringsOf } from "../../drawing/draft";
import { pointText } from "../../drawing/editor";
import { type Tested, zonesAt } from "../../drawing/tested";
import { Button } from "../../parts/controls";
import { may } from "../../session";
import { zones } from "../../site";
import { words } from "../../words";
import { ZoneDetails } from "./details";
import { FloorPart } from "./floor";
import { guarded } from "./guard";
import { readersOf } from "./readers";
import { editor, unwritable } from "./store";

export function ZonesSide({ floor }: { floor: Floor | undefined }) {
  return (
    <aside class="side zones-side" aria-label={words().places.zones}>
      {editor.mode.value === "test" && <TestedPoint floor={floor} />}
      {editor.draft.value ? <ZoneDetails /> : <ZoneList floor={floor} />}
    </aside>
  );
}

function onFloor(floor: Floor | undefined): Zone[] {
  return zones.value.filter((zone) => zone.floor === null || zone.floor === floor?.name);
}

function TestedPoint({ floor }: { floor: Floor | undefined }) {
  const told = words().places;
  const point = editor.tested.value;
  return (
    <section class="tested" role="status">
      <h2>{told.testedHead}</h2>
      {point ? <TestedAt point={point} floor={floor} /> : <p class="sm sec">{told.testHint}</p>}
    </section>
  );
}

/** The zone that is edited, as it is drawn; null while its outline could not be one. */
function ownZone(): Tested | null {
  const draft = editor.draft.value;
  if (!draft || editor.verdict.value?.fault !== null) return null;
  const { name, parent, outline } = draft;
  const title = name || words().places.newZoneTitle;
  return { name: title, parent: parent || null, rings: [outline.corners] };
}

function TestedAt({
  point,
  floor,
}: {
  point: readonly [number, number];
  floor: Floor | undefined;
}) {
  const told = words().places;
  const draft = editor.draft.value;
  const was = editor.was.value;
  const own = ownZone();
  const others = onFloor(floor)
    .filter((zone) => zone.name !== was?.name)
    .map((zone) => ({ name: zone.name, parent: zone.parent, rings: ringsOf(zone) }));
  const [first, ...more] = zonesAt(point, own ? [...others, own] : others);
  const heard = first ? readersOf(first === draft?.name ? (was?.name ?? first) : first) : [];
  return (
    <>
      <p>
        <b>{first ? told.testedIn(first) : told.testedNone}</b>{" "}
        <span class="sec">{pointText(point)}</span>
      </p>
      {more.length > 0 && <p class="sm sec">{told.testedAlso(more)}</p>}
      {first && (
        <p class="sm sec">
          {heard.length > 0 ? told.covered(heard.map(({ name }) => name)) : told.notCovered}
        </p>
      )}
    </>
  );
}

function ZoneList({ floor }: { floor: Floor | undefined }) {
  const told = words().places;
  const list = onFloor(floor);
  return (
    <>
      <div class="hd">
        <h2>{floor ? told.zonesOf(floor.name) : told.zones}</h2>
        <span class="xs mut">{told.count(list.length)}</span>
      </div>
      <ul class="zone-list">
        {list.map((zone) => (
          <li key={zone.name}>
            <ZoneEntry zone={zone} />
          </li>
        ))}
      </ul>
      <div class="pad col">
        {unwritable.value && <p class="sm sec">{told[unwritable.value]}</p>}
        {list.length === 0 && <p class="sm sec">{floor ? told.noZones : told.noFloor}</p>}
        {may("site") ? (
          <Button
            icon="plus"
            onClick={() => look({ new: 1, zone: null, floor: floor?.name }, true)}
          >
            {told.newZone}
          </Button>
        ) : (
          <p class="sm sec">{told.readOnly}</p>
        )}
        <FloorPart floor={floor} key={floor?.name} />
        {may("site") && (
          <a class="btn ghost" href="/setup">
            {told.toSetup}
          </a>
        )}
      </div>
    </>
  );
}

function ZoneEntry({ zone }: { zone: Zone }) {
  const told = words().places;
  return (
    <button
      type="button"
      class="zone-entry"
      onClick={() => guarded(() => look({ zone: zone.name, new: null }, true))}
    >
      <span class="el" title={zone.name}>
        {zone.name}
      </span>
      <span class="xs mut">
        {told.roles[zone.role]}
        {!zone.healthy && ` · ${told.someSilent}`}
      </span>
    </button>
  );
}
