/** Tags that were heard and that no asset carries; one can be given to an asset. */
import { useSignal } from "@preact/signals";
import { asked } from "../../address";
import { change } from "../../api/client";
import type { Asset, Shape } from "../../api/shape";
import { figure } from "../../numbers";
import { AssetPicker } from "../../parts/asset-picker";
import { Button, Refusal, sayRefusal } from "../../parts/controls";
import { Dialog } from "../../parts/dialog";
import { useListed } from "../../parts/listed";
import { type Column, Table } from "../../parts/table";
import { may } from "../../session";
import { ago, when } from "../../times";
import { words } from "../../words";

type Unknown = Shape<"UnknownTag">;
const AGAIN_MS = 5000;

export function UnknownTags() {
  const told = words().history.find;
  const given = useSignal<string | null>(null);
  const tags = useListed<Unknown>("tags/unknown", { q: asked("q"), limit: 200 }, AGAIN_MS);
  return (
    <div class="page">
      <Table
        caption={told.unknown}
        columns={columns((tag) => {
          given.value = tag;
        })}
        rows={tags.rows}
        keyOf={({ tag }) => tag}
        failed={tags.failed.value}
        onRetry={tags.again}
        onMore={tags.more}
      >
        <h2>{told.unknownNone}</h2>
      </Table>
      {given.value !== null && (
        <Assign
          tag={given.value}
          onDone={tags.again}
          onClose={() => {
            given.value = null;
          }}
        />
      )}
    </div>
  );
}

function columns(give: (tag: string) => void): Column<Unknown>[] {
  const told = words().history.find;
  const all: Column<Unknown>[] = [
    { head: told.tag, cell: ({ tag }) => <span class="mono">{tag}</span>, wide: true },
    {
      head: told.heardBy,
      cell: ({ reader, antenna }) => words().history.asset.readBy(reader, antenna),
    },
    { head: told.reads, cell: ({ count }) => figure(count), right: true, minor: true },
    { head: told.first, cell: ({ first }) => when(first), right: true, minor: true },
    { head: told.last, cell: ({ last }) => ago(last), right: true },
  ];
  if (!may("edit_assets")) return all;
  const cell = ({ tag }: Unknown) => <Button onClick={() => give(tag)}>{told.assign}</Button>;
  return [...all, { head: "", cell, right: true }];
}

function Assign(props: { tag: string; onDone: () => void; onClose: () => void }) {
  const { tag, onDone, onClose } = props;
  const refusal = useSignal<string | null>(null);
  const give = async (asset: Asset) => {
    try {
      await change("tags", { verb: "POST", body: { tag, asset: asset.id } });
      onDone();
      onClose();
    } catch (error) {
      refusal.value = sayRefusal(error);
    }
  };
  return (
    <Dialog title={words().history.find.assignTo(tag)} onClose={onClose}>
      <AssetPicker label={words().history.find.assign} onPick={give} />
      <Refusal text={refusal} />
    </Dialog>
  );
}
