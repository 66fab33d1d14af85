/** The first administrator, by the code that the gateway printed. */
import { useSignal } from "@preact/signals";
import { look } from "../../address";
import { change, RefusedError } from "../../api/client";
import type { Shape } from "../../api/shape";
import { Brand } from "../../frame/top";
import { Button, Field, Refusal } from "../../parts/controls";
import { take } from "../../session";
import { words } from "../../words";

const FIELDS = ["code", "login", "name", "password"] as const;
type FieldName = (typeof FIELDS)[number];

interface FirstAdminProps {
  /** The code was refused, perhaps since somebody else was let in by it. */
  onRefused: () => Promise<void>;
}

export function FirstAdmin({ onRefused }: FirstAdminProps) {
  const told = words().setup;
  const form = useSignal<Record<FieldName, string>>({
    code: "",
    login: "",
    name: "",
    password: "",
  });
  const refused = useSignal<RefusedError | null>(null);
  const refusal = useSignal<string | null>(null);
  const busy = useSignal(false);
  const make = async (event: SubmitEvent) => {
    event.preventDefault();
    busy.value = true;
    refused.value = null;
    refusal.value = null;
    try {
      const { body } = await change<Shape<"LoggedIn">>("setup", { verb: "POST", body: form.value });
      take(body.person);
      look({ step: "plan" });
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      refused.value = error;
      if (!FIELDS.some((field) => error.of(field))) {
        refusal.value = error.message;
        await onRefused();
      }
    } finally {
      busy.value = false;
    }
  };
  const field = (name: FieldName) => ({
    label: told[name],
    value: form.value[name],
    required: true,
    wrong: refused.value?.of(name),
    onInput: (value: string) => {
      form.value = { ...form.value, [name]: value };
    },
  });
  return (
    <main class="alone" id="main">
      <form class="card first-admin" onSubmit={make}>
        <h1 class="brand">
          <Brand />
          {told.adminTitle}
        </h1>
        <p class="sm sec">{told.adminText}</p>
        <Field {...field("code")} hint={told.codeHint} autocomplete="one-time-code" />
        <Field {...field("name")} autocomplete="name" />
        <Field {...field("login")} hint={told.loginHint} autocomplete="username" />
        <Field
          {...field("password")}
          type="password"
          hint={told.passwordHint}
          autocomplete="new-password"
        />
        {!isSecureContext && <p class="said wrong">{words().frame.login.insecure}</p>}
        <Refusal text={refusal} />
        <Button primary submit extra="tall" disabled={busy.value}>
          {busy.value ? told.making : told.make}
        </Button>
        <p class="xs mut">
          {told.adminAgain} <code class="mono">{told.adminCommand}</code>
        </p>
      </form>
    </main>
  );
}
