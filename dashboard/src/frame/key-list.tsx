/** The list of keys, which `?` opens. */
import { Dialog } from "../parts/dialog";
import { singleKeys } from "../preferences";
import { words } from "../words";

export function KeyList({ onClose }: { onClose: () => void }) {
  const told = words().frame.keys;
  const rows: [string, string][] = [
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
  return (
    <Dialog title={told.title} onClose={onClose}>
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
