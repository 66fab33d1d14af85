/** People who log in, and keys of programs and wall screens. */
import { useSignal } from "@preact/signals";
import { change, path, RefusedError } from "../../api/client";
import type { Shape } from "../../api/shape";
import { Action, Button, Field, Pick } from "../../parts/controls";
import { Dialog } from "../../parts/dialog";
import { type Listed, useListed } from "../../parts/listed";
import { Table } from "../../parts/table";
import { ago } from "../../times";
import { words } from "../../words";
import { Keys } from "./keys";

type Person = Shape<"Person">;
type PersonRole = Person["role"];
const ROLES: readonly PersonRole[] = ["viewer", "guard", "operator", "admin"];

export function People() {
  const told = words().system.people;
  const listed = useListed<Person>("people", { limit: 1000 });
  const adding = useSignal(false);
  const code = useSignal<string | null>(null);
  const close = () => {
    adding.value = false;
    code.value = null;
    listed.again();
  };
  return (
    <div class="col roomy">
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
          { head: told.name, cell: (person) => <b>{person.name}</b> },
          { head: told.login, cell: (person) => person.login, minor: true },
          { head: told.role, cell: (person) => told.roles[person.role] },
          { head: told.lastLogin, cell: lastLogin, minor: true },
          {
            head: "",
            right: true,
            wide: true,
            cell: (person) => (
              <PersonActions
                person={person}
                listed={listed}
                onCode={(made) => {
                  code.value = made;
                }}
              />
            ),
          },
        ]}
        rows={listed.rows}
        keyOf={(person) => person.id}
        failed={listed.failed.value}
        onRetry={listed.again}
        onMore={listed.more}
      />
      <Keys />
      {adding.value && !code.value && (
        <AddPerson
          onClose={close}
          onCode={(made) => {
            code.value = made;
          }}
        />
      )}
      {code.value && <ShowCode code={code.value} onClose={close} />}
    </div>
  );
}

function lastLogin(person: Person): string {
  if (person.disabled) return words().system.people.disabled;
  return person.last_login ? ago(person.last_login) : words().frame.never;
}

interface PersonActionsProps {
  person: Person;
  listed: Listed<Person>;
  onCode: (code: string) => void;
}

function PersonActions({ person, listed, onCode }: PersonActionsProps) {
  const told = words().system.people;
  const renew = async () => {
    const answer = await change<Shape<"Code">>(path`people/${person.id}/code`, { verb: "POST" });
    onCode(answer.body.code ?? "");
  };
  const turn = async () => {
    await change(path`people/${person.id}`, {
      verb: "PATCH",
      body: { disabled: !person.disabled },
    });
    listed.again();
  };
  return (
    <span class="row ends">
      <Action act={renew}>{told.newCode}</Action>
      <Action act={turn}>{person.disabled ? told.enable : told.disable}</Action>
    </span>
  );
}

function AddPerson({ onClose, onCode }: { onClose: () => void; onCode: (code: string) => void }) {
  const told = words().system.people;
  const login = useSignal("");
  const name = useSignal("");
  const role = useSignal<PersonRole>("guard");
  const refused = useSignal<RefusedError | null>(null);
  const add = async () => {
    const body = { login: login.value, name: name.value, role: role.value };
    refused.value = null;
    try {
      const answer = await change<Shape<"NewPerson">>("people", { verb: "POST", body });
      onCode(answer.body.code ?? "");
    } catch (error) {
      const isSaid = error instanceof RefusedError && (error.of("login") || error.of("name"));
      if (!isSaid) throw error;
      refused.value = error;
    }
  };
  return (
    <Dialog title={told.add} onClose={onClose}>
      <Field
        label={told.login}
        value={login.value}
        onInput={(text) => {
          login.value = text;
        }}
        required
        hint={words().setup.loginHint}
        wrong={refused.value?.of("login")}
      />
      <Field
        label={told.name}
        value={name.value}
        onInput={(text) => {
          name.value = text;
        }}
        required
        wrong={refused.value?.of("name")}
      />
      <Pick
        label={told.role}
        value={role.value}
        choices={ROLES.map((each) => ({ name: each, text: told.roles[each] }))}
        onPick={(each) => {
          role.value = each;
        }}
      />
      <Action primary act={add} disabled={!login.value || !name.value}>
        {told.add}
      </Action>
    </Dialog>
  );
}

export function ShowCode({
  code,
  onClose,
  text,
}: {
  code: string;
  onClose: () => void;
  text?: string;
}) {
  return (
    <Dialog title={text ?? words().system.people.newCode} onClose={onClose}>
      <p>{text ? words().system.keys.shown : words().system.people.code}</p>
      <output class="mono code">{code}</output>
    </Dialog>
  );
}
