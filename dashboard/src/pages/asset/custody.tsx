/** Who has the asset, until when it may be out; sign out and check in. */
import { useSignal } from "@preact/signals";
import { change, path } from "../../api/client";
import type { Asset, Shape } from "../../api/shape";
import { fieldText, momentOf } from "../../moments";
import { Action, Button, Field, Refusal, sayRefusal } from "../../parts/controls";
import { Dialog } from "../../parts/dialog";
import { may } from "../../session";
import { nowMs, siteZone, when } from "../../times";
import { words } from "../../words";

interface CustodyProps {
  asset: Asset;
  custody: Shape<"Custody"> | null;
  onChanged: () => void;
}

export function CustodyCard({ asset, custody, onChanged }: CustodyProps) {
  const told = words().history.asset;
  const isOpen = useSignal(false);
  const checkouts = custody?.checkouts ?? [];
  return (
    <section class="card">
      <h2>{told.custody}</h2>
      {checkouts.length === 0 && <p class="mut sm">{told.notOut}</p>}
      {checkouts.map((each) => (
        <div key={each.id} class="row btw">
          <div class="sm">
            <b>{told.heldBy(each.person)}</b>
            <div class="sec">
              {told.outUntil(when(each.until))}
              {each.state === "overdue" && `. ${told.overdue}`}
            </div>
            {each.note && <div class="mut">{each.note}</div>}
          </div>
          {may("custody") && (
            <Action
              act={async () => {
                await change(path`checkouts/${each.id}/check-in`, { verb: "POST", body: {} });
                onChanged();
              }}
            >
              {told.checkIn}
            </Action>
          )}
        </div>
      ))}
      {may("custody") && checkouts.length === 0 && (
        <Button
          onClick={() => {
            isOpen.value = true;
          }}
        >
          {told.signOut}
        </Button>
      )}
      {isOpen.value && (
        <SignOut
          asset={asset}
          onDone={onChanged}
          onClose={() => {
            isOpen.value = false;
          }}
        />
      )}
    </section>
  );
}

const HOURS_8 = 8 * 3_600_000;

function SignOut(props: { asset: Asset; onDone: () => void; onClose: () => void }) {
  const { asset, onDone, onClose } = props;
  const told = words().history.asset;
  const zone = siteZone.value;
  const person = useSignal("");
  const until = useSignal(fieldText(nowMs() + HOURS_8, zone).slice(0, 16));
  const note = useSignal("");
  const refusal = useSignal<string | null>(null);
  const send = async (event: Event) => {
    event.preventDefault();
    const end = momentOf(until.value, zone);
    const body = {
      person: person.value,
      asset: asset.id,
      until: end === null ? until.value : new Date(end).toISOString(),
      note: note.value,
    };
    try {
      await change("checkouts", { verb: "POST", body });
      onDone();
      onClose();
    } catch (error) {
      refusal.value = sayRefusal(error);
    }
  };
  return (
    <Dialog title={told.signOutTitle(asset.name || asset.id)} onClose={onClose}>
      <form class="col" onSubmit={send}>
        <Field
          label={told.person}
          required
          value={person.value}
          onInput={(text) => {
            person.value = text;
          }}
        />
        <Field
          label={told.until}
          type="datetime-local"
          required
          hint={zone}
          value={until.value}
          onInput={(text) => {
            until.value = text;
          }}
        />
        <Field
          label={told.note}
          value={note.value}
          onInput={(text) => {
            note.value = text;
          }}
        />
        <Refusal text={refusal} />
        <Button primary submit>
          {told.signOut}
        </Button>
      </form>
    </Dialog>
  );
}
