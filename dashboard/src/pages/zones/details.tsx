/** One zone: its fields, its corners, what is known of it, and what its change would have done. */
import { look } from "../../address";
import type { Zone } from "../../api/shape";
import { CornerTable } from "../../drawing/corner-table";
import { type Draft, ROLES } from "../../drawing/draft";
import { areaOf } from "../../drawing/geometry";
import { Button, Field, Pick } from "../../parts/controls";
import { may } from "../../session";
import { floors, zoneByName, zones } from "../../site";
import { locale, span } from "../../times";
import { words } from "../../words";
import { deleting } from "./deleting";
import { asking, guarded } from "./guard";
import { ZonePreview } from "./preview";
import { readersOf } from "./readers";
import { RulesOf } from "./rules-of";
import { editor, entry, fillIn, siteNumber, unwritable } from "./store";
import { Verdict, wrong } from "./verdict";

export function ZoneDetails() {
  const draft = editor.draft.value;
  const told = words().places;
  const was = editor.was.value?.name ?? "";
  const zone = zoneByName.value.get(was);
  if (!draft) return null;
  return (
    <>
      <div class="hd">
        <h2 class="el" title={draft.name}>
          {draft.name || told.newZoneTitle}
        </h2>
        {siteNumber.value !== null && (
          <a class="xs mut link-quiet nw" href="/system?view=versions" title={told.versions}>
            {told.version(String(siteNumber.value))}
          </a>
        )}
        <Button ghost icon="close" label={told.showAll} onClick={showAll} />
      </div>
      <div class="pad col zone-form">
        {!may("site") && <p class="sm sec">{told.readOnly}</p>}
        {unwritable.value && <p class="sm sec">{told[unwritable.value]}</p>}
        <Fields draft={draft} />
        <Shape zone={zone} />
        <CornerTable editor={editor} />
        <Verdict />
        {zone && <Facts zone={zone} draft={draft} />}
        {zone && <RulesOf zone={zone.name} />}
        {may("site") && <ZonePreview />}
        {entry.value && (
          <Button
            ghost
            onClick={() => {
              deleting.value = true;
            }}
          >
            {told.remove}
          </Button>
        )}
      </div>
    </>
  );
}

function showAll(): void {
  guarded(() => look({ zone: null, new: null }, true));
  if (asking.value === null) document.querySelector<HTMLElement>(".zone-entry")?.focus();
}

function Fields({ draft }: { draft: Draft }) {
  const told = words().places;
  const readOnly = editor.readOnly.value;
  const was = editor.was.value?.name ?? "";
  if (readOnly) return <Facet label={told.role} text={told.roles[draft.role]} />;
  const isRenamed = was !== "" && draft.name.trim() !== was;
  return (
    <>
      <Field
        label={told.name}
        value={draft.name}
        required
        wrong={wrong("name", "was") ?? nameMissing(draft)}
        {...(isRenamed ? { hint: told.renameNote(was) } : {})}
        onInput={(name) => fillIn({ name })}
      />
      <div class="two">
        <Pick
          label={told.role}
          value={draft.role}
          choices={ROLES.map((name) => ({ name, text: told.roles[name] }))}
          wrong={wrong("role")}
          onPick={(role) => fillIn({ role })}
        />
        <Pick
          label={told.floor}
          value={draft.floor}
          choices={[{ name: "", text: told.everyFloor }, ...floors.value.map(named)]}
          wrong={wrong("floor")}
          onPick={(floor) => fillIn({ floor })}
        />
      </div>
      <p class="xs mut">{told.roleFacts[draft.role]}</p>
      <Pick
        label={told.parent}
        value={draft.parent}
        choices={[
          { name: "", text: told.noParent },
          ...zones.value.filter((zone) => zone.name !== was).map(named),
        ]}
        wrong={wrong("parent")}
        onPick={(parent) => fillIn({ parent })}
      />
    </>
  );
}

/** A zone that is drawn wants a name before it can be saved. */
function nameMissing(draft: Draft): string | undefined {
  const isDrawn = draft.outline.corners.length > 2;
  return isDrawn && draft.name.trim() === "" ? words().places.nameMissing : undefined;
}

const named = ({ name }: { name: string }) => ({ name, text: name });

function Facet({ label, text }: { label: string; text: string }) {
  return (
    <dl class="kv">
      <dt>{label}</dt>
      <dd>{text}</dd>
    </dl>
  );
}

/** What can not be edited corner by corner is said, and what takes its place. */
function Shape({ zone }: { zone: Zone | undefined }) {
  const told = words().places;
  const corners = editor.draft.value?.outline.corners.length ?? 0;
  const shape = zone?.shape ?? null;
  if (shape !== null && shape !== "polygon") return <p class="sm sec">{told.shapeOther[shape]}</p>;
  return corners === 0 ? <p class="sm sec">{told.noShape}</p> : null;
}

function Facts({ zone, draft }: { zone: Zone; draft: Draft }) {
  const told = words().places;
  const heard = readersOf(zone.name).map(({ name }) => name);
  const size = areaOf(draft.outline.corners);
  const figure = new Intl.NumberFormat(locale.value, { maximumFractionDigits: size < 100 ? 1 : 0 });
  const settings = entry.value?.settings;
  const margin = settings?.["margin_m"] ?? 2;
  const absent = settings?.["absent_after_s"];
  return (
    <section class="col">
      <h3>{told.facts}</h3>
      <dl class="kv">
        {size > 0 && (
          <>
            <dt>{told.size}</dt>
            <dd>{told.area(figure.format(size))}</dd>
          </>
        )}
        <dt>{told.healthy}</dt>
        <dd>{zone.healthy ? told.allHear : told.someSilent}</dd>
        {settings && (
          <>
            <dt>{told.absent}</dt>
            <dd>{typeof absent === "number" ? span(absent * 1000) : words().frame.never}</dd>
            <dt>{told.margin}</dt>
            <dd>{String(margin)} m</dd>
          </>
        )}
      </dl>
      <p class="sm sec">{heard.length > 0 ? told.covered(heard) : told.notCovered}</p>
    </section>
  );
}
