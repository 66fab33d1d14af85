/** Change what the register says of an asset; who was slower is told so. */
import { useSignal } from "@preact/signals";
import { askFully, change, path, RefusedError } from "../../api/client";
import type { Asset } from "../../api/shape";
import { Button, Field, Refusal, sayRefusal } from "../../parts/controls";
import { Dialog } from "../../parts/dialog";
import { zones } from "../../site";
import { words } from "../../words";
import type { AssetNow } from "./asks";

interface EditProps {
  now: AssetNow;
  onClose: () => void;
  onSaved: () => void;
}

type Draft = Pick<Asset, "name" | "category" | "group" | "home_zone"> & { tags: string };

const draftOf = (asset: Asset): Draft => ({
  name: asset.name,
  category: asset.category,
  group: asset.group,
  home_zone: asset.home_zone,
  tags: asset.tags.join("\n"),
});

export function EditAsset({ now, onClose, onSaved }: EditProps) {
  const told = words().history.asset;
  const draft = useSignal(draftOf(now.asset));
  const etag = useSignal(now.etag);
  const refusal = useSignal<string | null>(null);
  const busy = useSignal(false);
  const set = (name: keyof Draft) => (value: string) => {
    draft.value = { ...draft.value, [name]: value };
  };
  const store = async () => {
    const body = { ...draft.value, tags: draft.value.tags.split(/[\s,]+/u).filter(Boolean) };
    const where = path`assets/${now.asset.id}`;
    try {
      await change(where, {
        verb: "PATCH",
        body,
        ifMatch: etag.value,
        type: "application/merge-patch+json",
      });
      onSaved();
      onClose();
    } catch (error) {
      refusal.value = sayRefusal(error);
      if (!(error instanceof RefusedError) || error.status !== 412) return;
      const fresh = await askFully<Asset>(where);
      draft.value = draftOf(fresh.body);
      etag.value = fresh.etag;
      refusal.value = told.changed;
    }
  };
  const save = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    refusal.value = null;
    try {
      await store();
    } finally {
      busy.value = false;
    }
  };
  return (
    <Dialog title={`${told.edit}: ${now.asset.name || now.asset.id}`} onClose={onClose}>
      <form class="col entry" onSubmit={save}>
        <Field label={told.name} value={draft.value.name} onInput={set("name")} />
        <Field label={told.category} value={draft.value.category} onInput={set("category")} />
        <Field label={told.group} value={draft.value.group} onInput={set("group")} />
        <Field
          label={told.home}
          value={draft.value.home_zone}
          list={zones.value.map(({ name }) => name)}
          onInput={set("home_zone")}
        />
        <label class="field">
          <span>{told.tags}</span>
          <textarea
            rows={3}
            value={draft.value.tags}
            onInput={(event) => set("tags")(event.currentTarget.value)}
          />
          <span class="said">{told.tagsHint}</span>
        </label>
        <Refusal text={refusal} />
        <Button primary submit disabled={busy.value}>
          {busy.value ? words().frame.saving : words().frame.save}
        </Button>
      </form>
    </Dialog>
  );
}
