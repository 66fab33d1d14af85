/** The list of keys, which `?` opens. */
import { Dialog } from "../parts/dialog";
import { singleKeys } from "../preferences";
import { words } from "../words";

type Row = [keys: string, does: string];

export function KeyList({ onClose }: { onClose: () => void }) {
  const told = words().frame.keys;
  const everywhere: Row[] = [
    ["/", told.find],
    ["G 1 … 9", told.pages],
    ["L", told.theme],
    ["M", told.view],
    ["[ ]", told.floor],
    ["+ − 0", told.zoom],
    ["← ↑ → ↓", told.move],
    ["F", told.follow],
    ["P", told.playBack],
    ["A", told.acknowledge],
    ["S", told.silence],
    ["J K", told.alerts],
    ["Esc", told.back],
    ["?", told.list],
  ];
  const past: Row[] = [
    ["Space", told.play],
    [", .", told.step],
    ["< >", told.speed],
  ];
  const zones: Row[] = [
    ["D V T", told.modes],
    ["N", told.corner],
    ["← ↑ → ↓", told.nudge],
    ["Enter Delete", told.corners],
    ["Ctrl Z, Ctrl ⇧ Z", told.undo],
  ];
  return (
    <Dialog title={told.title} onClose={onClose}>
      <Rows rows={everywhere} />
      <h3>{words().frame.pages.history}</h3>
      <Rows rows={past} />
      <h3>{words().frame.pages.zones}</h3>
      <Rows rows={zones} />
      <label class="check">
        <input
          type="checkbox"
          checked={singleKeys.value}
          onChange={(event) => {
            singleKeys.value = event.currentTarget.checked;
          }}
        />
        {words().frame.singleKeys}
      </label>
    </Dialog>
  );
}

function Rows({ rows }: { rows: readonly Row[] }) {
  return (
    <dl class="kv keys">
      {rows.map(([keys, does]) => (
        <div key={keys}>
          <dt>
            <kbd>{keys}</kbd>
          </dt>
          <dd>{does}</dd>
        </div>
      ))}
    </dl>
  );
}
