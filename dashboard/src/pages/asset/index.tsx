/** An asset: where it is, who has it, where it was. */
import { useSignal } from "@preact/signals";
import { addressTo, asked } from "../../address";
import { assetById } from "../../live/assets";
import { liveTurn, whereIs } from "../../live/live";
import { useFloorMarks } from "../../live/use-marks";
import { Button } from "../../parts/controls";
import { useLoaded } from "../../parts/loaded";
import { ShapeGlyph } from "../../plan/glyph";
import { Plan } from "../../plan/plan";
import { shapeOf } from "../../plan/shapes";
import { may } from "../../session";
import { floors, zoneByName, zones } from "../../site";
import { words } from "../../words";
import { type AssetNow, type LastDay, readAsset, readLastDay } from "./asks";
import { About, Figures, Happened, Measured, OpenAlerts } from "./cards";
import { CustodyCard } from "./custody";
import { Dwell } from "./dwell";
import { EditAsset } from "./edit";

const AGAIN_MS = 5000;
const DAY_AGAIN_MS = 60_000;

export function Page() {
  const id = asked("id") ?? "";
  return id ? <OneAsset key={id} id={id} /> : <Missing />;
}

function Missing() {
  const told = words().history.asset;
  return (
    <div class="page">
      <div class="card empty">
        <h2>{told.missing}</h2>
        <a class="btn" href="/find">
          {told.choose}
        </a>
      </div>
    </div>
  );
}

function OneAsset({ id }: { id: string }) {
  const now = useLoaded((ended) => readAsset(id, ended), id, AGAIN_MS);
  const lastDay = useLoaded((ended) => readLastDay(id, ended), id, DAY_AGAIN_MS);
  const known = now.value.value;
  if (now.failed.value !== null && !known) {
    return (
      <div class="page">
        <div class="card empty" role="alert">
          <h2>{words().frame.failed(now.failed.value)}</h2>
          <Button onClick={now.again}>{words().frame.tryAgain}</Button>
        </div>
      </div>
    );
  }
  if (known === null) return <Missing />;
  if (!known) return <p class="page mut">{words().frame.loading}</p>;
  return <Shown now={known} lastDay={lastDay.value.value} again={now.again} />;
}

interface ShownProps {
  now: AssetNow;
  lastDay: LastDay | undefined;
  again: () => void;
}

function Shown({ now, lastDay, again }: ShownProps) {
  const { asset } = now;
  return (
    <>
      <AssetBar now={now} again={again} />
      <div class="page">
        <div class="g2 asset-grid">
          <div class="col-4">
            <Figures now={now} lastDay={lastDay} />
            <SmallPlan now={now} />
            {lastDay && <Dwell past={lastDay.past} span={lastDay.span} />}
            <Measured now={now} />
          </div>
          <div class="col-4">
            <OpenAlerts id={asset.id} />
            <CustodyCard asset={asset} custody={now.custody} onChanged={again} />
            <About now={now} />
            <Happened lastDay={lastDay} />
          </div>
        </div>
      </div>
    </>
  );
}

function AssetBar({ now, again }: { now: AssetNow; again: () => void }) {
  const told = words().history.asset;
  const isEditing = useSignal(false);
  const { asset } = now;
  return (
    <div class="bar asset-bar">
      <ShapeGlyph shape={shapeOf(asset.category)} look="seen" />
      <h1 class="el" title={asset.name || asset.id}>
        {asset.name || asset.id}
      </h1>
      <span class="grow" />
      {may("edit_assets") && (
        <Button
          onClick={() => {
            isEditing.value = true;
          }}
        >
          {told.edit}
        </Button>
      )}
      <a class="btn" href={addressTo("history", { asset: asset.id })}>
        {told.playBack}
      </a>
      <a class="btn pri" href={addressTo("live", { asset: asset.id })}>
        {told.onPlan}
      </a>
      {isEditing.value && (
        <EditAsset
          now={now}
          onSaved={again}
          onClose={() => {
            isEditing.value = false;
          }}
        />
      )}
    </div>
  );
}

function SmallPlan({ now }: { now: AssetNow }) {
  void liveTurn.value;
  const told = words().history.asset;
  const { asset, position } = now;
  const zone = position?.zone ?? position?.last_zone ?? "";
  const name = whereIs(asset.id)?.floor ?? zoneByName.value.get(zone)?.floor;
  const floor = floors.value.find((each) => each.name === name);
  const marks = useFloorMarks(floor, zones.value, OTHERS);
  const label = assetById.value.get(asset.id)?.name || asset.id;
  if (!floor) return <p class="card mut sm">{told.noPlan}</p>;
  return (
    <section class="card asset-plan">
      <Plan
        floor={floor}
        zones={zones.value}
        label={told.plan(label)}
        marks={marks}
        picked={asset.id}
        pickedLabel={label}
        pickedZone={zone}
        mode="all"
        dim
        still
      />
    </section>
  );
}

const OTHERS: ReadonlySet<string> = new Set();
