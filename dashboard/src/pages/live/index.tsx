/** Live: what is wrong, and where. The plan, or the same as a table; alerts and the picked beside it. */
import { useSignal } from "@preact/signals";
import { look } from "../../address";
import { Evidence } from "../../alarms/evidence";
import { AlertPanel } from "../../alarms/panel";
import { evidenceAlert } from "../../alarms/store";
import { useKeys } from "../../keys";
import { useReaders } from "../../live/readers";
import { useHandle } from "../../plan/plan";
import type { BoxM } from "../../plan/types";
import { words } from "../../words";
import { Bar } from "./bar";
import { isTable, pickAsset, pickedAsset, stepFloor } from "./choices";
import { PlanView } from "./plan-view";
import { playBack, Selection, toggleFollow } from "./selection";
import { Strip } from "./strip";
import { TableView } from "./table-view";

export function Page() {
  useReaders();
  useLiveKeys();
  const handle = useHandle();
  const seen = useSignal<BoxM | null>(null);
  const alert = evidenceAlert.value;
  return (
    <div class={alert ? "live alarm" : "live"}>
      <section class="stage" aria-label={words().frame.pages.live}>
        <h1 class="unseen">{words().frame.pages.live}</h1>
        <Bar />
        {isTable.value ? <TableView /> : <PlanView handle={handle} seen={seen} />}
        <Strip seen={seen} />
      </section>
      <aside class="side" aria-label={words().alarms.title}>
        {alert ? <Evidence alert={alert} /> : <AlertPanel />}
        {!alert && <Selection />}
      </aside>
    </div>
  );
}

function useLiveKeys(): void {
  useKeys({
    m: () => look({ view: isTable.value ? null : "table" }),
    "[": () => stepFloor(-1),
    "]": () => stepFloor(1),
    f: toggleFollow,
    p: playBack,
    Escape: pickedAsset.value ? () => pickAsset(null) : undefined,
  });
}
