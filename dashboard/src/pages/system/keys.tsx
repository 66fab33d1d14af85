/** Keys of programs and wall screens. */
import { useSignal } from "@preact/signals";
import { change, path } from "../../api/client";
import type { Shape } from "../../api/shape";
import { Action, Button, Field, Pick } from "../../parts/controls";
import { Dialog } from "../../parts/dialog";
import { type Listed, useListed } from "../../parts/listed";
import { Table } from "../../parts/table";
import { Twice } from "../../parts/twice";
import { may } from "../../session";
import { ago, when } from "../../times";
import { words } from "../../words";
import { Displays } from "./displays";
import { ShowCode } from "./people";

type Key = Shape<"Key">;
const ROLES: readonly Key["role"][] = ["viewer", "guard", "operator", "admin", "ingest"];

export function Keys() {
  const told = words().system.keys;
  const listed = useListed<Key>("keys", { limit: 1000 });
  const adding = useSignal(false);
  const made = useSignal<string | null>(null);
  const close = () => {
    adding.value = false;
    made.value = null;
    listed.again();
  };
  if (!may("keys")) return null;
  return (
    <>
      <div class="row btw">
        <h2>{told.title}</h2>
        <Button
          onClick={() => {
            adding.value = true;
          }}
        >
          {told.add}
        </Button>
      </div>
      <Table
        caption={told.title}
        columns={[
          { head: told.name, cell: (key) => <b>{key.name}</b> },
          { head: told.role, cell: (key) => words().system.people.roles[key.role] },
          {
            head: told.lastUsed,
            minor: true,
            cell: (key) => (key.last_used ? ago(key.last_used) : words().frame.never),
          },
          {
            head: told.expires,
            minor: true,
            cell: (key) => (key.expires ? when(key.expires) : words().frame.never),
          },
          {
            head: "",
            right: true,
            wide: true,
            cell: (key) => <Withdraw apiKey={key} listed={listed} />,
          },
        ]}
        rows={listed.rows}
        keyOf={(key) => key.id}
        failed={listed.failed.value}
        onRetry={listed.again}
        onMore={listed.more}
      />
      <p class="xs mut">
        {told.wall} <code>{location.origin}/wall#key=tw_…</code>
      </p>
      <Displays />
      {adding.value && !made.value && (
        <AddKey
          onClose={close}
          onMade={(key) => {
            made.value = key;
          }}
        />
      )}
      {made.value && <ShowCode code={made.value} onClose={close} text={told.title} />}
    </>
  );
}

function Withdraw({ apiKey, listed }: { apiKey: Key; listed: Listed<Key> }) {
  const told = words().system.keys;
  const withdraw = async () => {
    await change(path`keys/${apiKey.id}`, { verb: "DELETE" });
    listed.again();
  };
  return <Twice first={told.withdraw} really={told.reallyWithdraw} act={withdraw} />;
}

function AddKey({ onClose, onMade }: { onClose: () => void; onMade: (key: string) => void }) {
  const told = words().system.keys;
  const name = useSignal("");
  const role = useSignal<Key["role"]>("viewer");
  const add = async () => {
    const body = { name: name.value, role: role.value };
    const answer = await change<Shape<"NewKey">>("keys", { verb: "POST", body });
    onMade(answer.body.key ?? "");
  };
  return (
    <Dialog title={told.add} onClose={onClose}>
      <Field
        label={told.name}
        value={name.value}
        onInput={(text) => {
          name.value = text;
        }}
        required
      />
      <Pick
        label={told.role}
        value={role.value}
        choices={ROLES.map((each) => ({ name: each, text: words().system.people.roles[each] }))}
        onPick={(each) => {
          role.value = each;
        }}
      />
      <Action primary act={add} disabled={!name.value}>
        {told.add}
      </Action>
    </Dialog>
  );
}
