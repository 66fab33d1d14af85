/** History: where picked assets were, moment by moment. */
import { useEffect, useMemo } from "preact/hooks";
import { nameOf } from "../../live/assets";
import { figure } from "../../numbers";
import { AssetPicker } from "../../parts/asset-picker";
import { Button } from "../../parts/controls";
import { useSettled } from "../../parts/settled";
import type { Progress } from "../../past/load";
import { words } from "../../words";
import { HistoryBar } from "./bar";
import { Control } from "./control";
import { PlanThen } from "./plan-then";
import { EventList } from "./side";
import { PastView } from "./state";
import { Timeline } from "./timeline";

export function Page() {
  const view = useMemo(() => new PastView(), []);
  useEffect(() => view.begin(), [view]);
  return (
    <>
      <HistoryBar view={view} />
      <State view={view} />
      {view.assets.value.length > 0 && <Shown view={view} />}
      {view.assets.value.length === 0 && !view.opening.value && <NobodyPicked view={view} />}
    </>
  );
}

function Shown({ view }: { view: PastView }) {
  return (
    <div class="live hist">
      <div class="hist-first">
        <section class="stage">
          <PlanThen view={view} />
        </section>
        <section class="hist-foot" aria-label={words().history.time}>
          <Control view={view} />
          <Timeline view={view} />
        </section>
      </div>
      <EventList view={view} />
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

/** What is read in less time is not worth a line that comes and goes. */
const SLOW_MS = 400;

function State({ view }: { view: PastView }) {
  const told = words().history;
  const isSlow = useSettled(view.loading.value !== null, SLOW_MS);
  const { loading, failed, loaded } = view;
  if (failed.value !== null) {
    return (
      <div class="hist-state" role="alert">
        {words().frame.failed(failed.value)}
        <Button onClick={() => view.retry()}>{words().frame.tryAgain}</Button>
      </div>
    );
  }
  if (view.stopped.value) return <Stopped view={view} />;
  if (isSlow && loading.value && view.assets.value.length) {
    return <Reading view={view} progress={loading.value} />;
  }
  if (!loaded.value.cut.length) return null;
  return (
    <div class="hist-state" role="status">
      {told.cut(loaded.value.cut.map(nameOf).join(", "))}
    </div>
  );
}

function Reading({ view, progress }: { view: PastView; progress: Progress }) {
  const told = words().history;
  const { assets, assetsDone, entries, share } = progress;
  const name = nameOf(view.assets.value[assetsDone] ?? "");
  const text = told.loading(name, assetsDone + 1, assets, figure(entries));
  return (
    <div class="hist-state" role="status">
      <progress class="meter" max={assets} value={assetsDone + share} aria-label={text} />
      <span class="sm el grow">{text}</span>
      <Button onClick={() => view.stop()}>{told.stop}</Button>
    </div>
  );
}

function Stopped({ view }: { view: PastView }) {
  const told = words().history;
  return (
    <div class="hist-state" role="status">
      <span class="sm grow">{told.stopped(view.pasts.value.length, view.assets.value.length)}</span>
      <Button onClick={() => view.retry()}>{told.readOn}</Button>
    </div>
  );
}
