/** A password chosen by a one-time code, for who was let in or has forgotten theirs. */
import { useSignal } from "@preact/signals";
import { change, RefusedError } from "../../api/client";
import type { Shape } from "../../api/shape";
import { Brand } from "../../frame/top";
import { Button, Field, Refusal } from "../../parts/controls";
import { take } from "../../session";
import { words } from "../../words";

interface OwnCodeProps {
  onDone: () => void;
  onBack: () => void;
}

export function OwnCode({ onDone, onBack }: OwnCodeProps) {
  const told = words().setup.ownCode;
  const code = useSignal("");
  const password = useSignal("");
  const busy = useSignal(false);
  const refused = useSignal<RefusedError | null>(null);
  const refusal = useSignal<string | null>(null);
  const choose = async (event: SubmitEvent) => {
    event.preventDefault();
    busy.value = true;
    refusal.value = null;
    refused.value = null;
    try {
      const body = { code: code.value, password: password.value };
      const answer = await change<Shape<"LoggedIn">>("setup/password", { verb: "POST", body });
      take(answer.body.person);
      onDone();
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      refused.value = error;
      if (!error.of("code") && !error.of("password")) refusal.value = error.message;
    } finally {
      busy.value = false;
    }
  };
  return (
    <form class="card" onSubmit={choose}>
      <h1 class="brand">
        <Brand />
        {told.title}
      </h1>
      <p class="sm sec">{told.text}</p>
      <Field
        label={told.code}
        value={code.value}
        required
        autocomplete="one-time-code"
        hint={words().setup.codeHint}
        wrong={refused.value?.of("code")}
        onInput={(value) => {
          code.value = value;
        }}
      />
      <Field
        label={told.password}
        type="password"
        value={password.value}
        required
        autocomplete="new-password"
        hint={words().setup.passwordHint}
        wrong={refused.value?.of("password")}
        onInput={(value) => {
          password.value = value;
        }}
      />
      <Refusal text={refusal} />
      <Button primary submit extra="tall" disabled={busy.value}>
        {busy.value ? told.busy : told.button}
      </Button>
      <button type="button" class="link-button" onClick={onBack}>
        {told.back}
      </button>
    </form>
  );
}
