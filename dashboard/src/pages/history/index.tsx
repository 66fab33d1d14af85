/** History: where picked assets were, moment by moment. */
import { useEffect, useMemo } from "preact/hooks";
import { keepAssets, nameOf } from "../../live/assets";
import { figure } from "../../numbers";
import { Button } from "../../parts/controls";
import { AssetPicker } from "../../past/asset-picker";
import { words } from "../../words";
import { HistoryBar } from "./bar";
import { Control } from "./control";
import { PlanThen } from "./plan-then";
import { EventList } from "./side";
import { PastView } from "./state";
import { Timeline } from "./timeline";

export function Page() {
  const view = useMemo(() => new PastView(), []);
  useEffect(() => {
    keepAssets();
    return view.begin();
  }, [view]);
  return (
    <>
      <HistoryBar view={view} />
      <State view={view} />
      {view.assets.value.length === 0 ? <NobodyPicked view={view} /> : <Shown view={view} />}
    </>
  );
}

function Shown({ view }: { view: PastView }) {
  return (
    <div class="live hist">
      <section class="stage">
        <PlanThen view={view} />
      </section>
      <EventList view={view} />
      <section class="hist-foot" aria-label={words().history.time}>
        <Control view={view} />
        <Timeline view={view} />
      </section>
    </div>
  );
}

function NobodyPicked({ view }: { view: PastView }) {
  const told = words().history;
  return (
    <div class="page">
      <div class="card empty hist-empty">
        <h2>{told.hint}</h2>
        <AssetPicker label={told.add} onPick={(asset) => view.add(asset.id)} />
      </div>
    </div>
  );
}

function State({ view }: { view: PastView }) {
  const told = words().history;
  const { loading, failed, loaded } = view;
  if (failed.value !== null) {
    return (
      <div class="hist-state" role="alert">
        {words().frame.failed(failed.value)}
        <Button onClick={() => view.retry()}>{words().frame.tryAgain}</Button>
      </div>
    );
  }
  if (loading.value && view.assets.value.length) {
    const { assets, assetsDone, entries, share } = loading.value;
    const text = told.loading(assetsDone + 1, assets, figure(entries));
    return (
      <div class="hist-state" role="status">
        <progress class="meter" max={assets} value={assetsDone + share} aria-label={text} />
        <span class="sm">{text}</span>
      </div>
    );
  }
  if (!loaded.value.cut.length) return null;
  return (
    <div class="hist-state" role="status">
      {told.cut(loaded.value.cut.map(nameOf).join(", "))}
    </div>
  );
}
