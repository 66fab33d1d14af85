/** The bar of the history page: assets, span, share, export. */
import { useSignal } from "@preact/signals";
import { nameOf } from "../../live/assets";
import { dayOf, fieldText, momentOf } from "../../moments";
import { AssetPicker } from "../../parts/asset-picker";
import { Button, Field, Pick } from "../../parts/controls";
import { Dialog } from "../../parts/dialog";
import { Icon } from "../../parts/icon";
import { exportCsv } from "../../past/export";
import { ASSETS_MAX, LONGEST_MS } from "../../past/picked";
import type { Span } from "../../past/span";
import { nowMs, siteZone } from "../../times";
import { words } from "../../words";
import type { PastView } from "./state";

const HOUR = 3_600_000;
type Choice = "own" | "hour" | "four" | "day" | "week" | "whole";
const HOURS: Partial<Record<Choice, number>> = { hour: 1, four: 4, day: 24, week: 168 };

export function HistoryBar({ view }: { view: PastView }) {
  const told = words().history;
  const shared = useSignal<string | null>(null);
  const share = async () => {
    view.write();
    try {
      await navigator.clipboard.writeText(location.href);
      shared.value = "";
    } catch {
      shared.value = location.href;
    }
  };
  return (
    <div class="bar hist-bar">
      <h1>{words().frame.pages.history}</h1>
      <AssetChips view={view} />
      <SpanPick view={view} />
      <span class="grow" />
      <span class="sm sec" role="status">
        {shared.value === "" && told.shared}
      </span>
      <Button icon="link" label={told.share} onClick={share}>
        <span class="wide">{told.share}</span>
      </Button>
      <Button
        icon="download"
        label={told.exportAs}
        onClick={() => exportCsv(view.pasts.peek(), view.span.peek())}
      >
        <span class="wide">{told.exportAs}</span>
      </Button>
      {shared.value && (
        <Dialog
          title={told.share}
          onClose={() => {
            shared.value = null;
          }}
        >
          <p>{told.shareBy}</p>
          <p class="code">{shared.value}</p>
        </Dialog>
      )}
    </div>
  );
}

function AssetChips({ view }: { view: PastView }) {
  const told = words().history;
  const isOpen = useSignal(false);
  const assets = view.assets.value;
  const close = () => {
    isOpen.value = false;
  };
  return (
    <div class="row hist-chips">
      {assets.map((id) => (
        <button
          type="button"
          key={id}
          class={id === view.first.value ? "chip on" : "chip"}
          aria-label={told.remove(nameOf(id))}
          onClick={() => view.remove(id)}
        >
          <span class="el" title={nameOf(id)}>
            {nameOf(id)}
          </span>
          <Icon name="close" />
        </button>
      ))}
      {assets.length < ASSETS_MAX && (
        <button
          type="button"
          class="chip"
          onClick={() => {
            isOpen.value = true;
          }}
        >
          <Icon name="plus" /> {told.add}
        </button>
      )}
      {isOpen.value && (
        <Dialog title={told.add} onClose={close}>
          <AssetPicker
            label={told.add}
            without={assets}
            onPick={(asset) => {
              view.add(asset.id);
              close();
            }}
          />
        </Dialog>
      )}
    </div>
  );
}

function SpanPick({ view }: { view: PastView }) {
  const told = words().history;
  const isOwn = useSignal(false);
  const pick = (choice: Choice) => {
    const now = nowMs();
    const hours = HOURS[choice];
    if (hours) view.choose({ from: now - hours * HOUR, to: now });
    else if (choice === "whole") view.choose(dayOf(view.at.peek(), siteZone.value));
    else isOwn.value = true;
  };
  const choices: Choice[] = ["own", "hour", "four", "day", "week", "whole"];
  return (
    <div class="hist-span">
      <Pick<Choice>
        label={told.spans.label}
        value="own"
        choices={choices.map((name) => ({
          name,
          text: name === "own" ? spanText(view.span.value) : told.spans[name],
        }))}
        onPick={pick}
      />
      <Button
        icon="history"
        label={told.spans.own}
        onClick={() => {
          isOwn.value = true;
        }}
      >
        <span class="wide">{told.spans.own}</span>
      </Button>
      {isOwn.value && (
        <OwnSpan
          view={view}
          onClose={() => {
            isOwn.value = false;
          }}
        />
      )}
    </div>
  );
}

function spanText({ from, to }: Span): string {
  const [one, other] = [from, to].map((each) => fieldText(each, siteZone.value).replace("T", " "));
  const [date = "", time = ""] = (one ?? "").split(" ");
  const [lastDate = "", lastTime = ""] = (other ?? "").split(" ");
  const end = date === lastDate ? lastTime.slice(0, 5) : `${lastDate} ${lastTime.slice(0, 5)}`;
  return `${date} ${time.slice(0, 5)} – ${end}`;
}

function OwnSpan({ view, onClose }: { view: PastView; onClose: () => void }) {
  const told = words().history;
  const zone = siteZone.value;
  const from = useSignal(fieldText(view.span.peek().from, zone));
  const to = useSignal(fieldText(view.span.peek().to, zone));
  const wrong = useSignal<string | undefined>(undefined);
  const apply = (event: Event) => {
    event.preventDefault();
    const [begin, end] = [momentOf(from.value, zone), momentOf(to.value, zone)];
    const fits = begin !== null && end !== null && end > begin && end - begin <= LONGEST_MS;
    wrong.value = fits ? undefined : told.badSpan;
    if (!fits) return;
    view.choose({ from: begin, to: end });
    onClose();
  };
  return (
    <Dialog title={told.spans.own} onClose={onClose}>
      <form class="col" onSubmit={apply}>
        <Field
          label={told.from}
          type="datetime-local"
          step="1"
          value={from.value}
          onInput={(text) => {
            from.value = text;
          }}
        />
        <Field
          label={told.to}
          type="datetime-local"
          step="1"
          value={to.value}
          wrong={wrong.value}
          hint={zone}
          onInput={(text) => {
            to.value = text;
          }}
        />
        <Button primary submit>
          {told.apply}
        </Button>
      </form>
    </Dialog>
  );
}
