/** Log in; paste and password stores work, and what is wrong is said in place. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { page } from "../address";
import { RefusedError } from "../api/client";
import { afterLogIn } from "../frame/app";
import { Brand } from "../frame/top";
import { Button, Refusal } from "../parts/controls";
import { hasEnded, logIn, me } from "../session";
import { words } from "../words";
import { OwnCode } from "./setup/own-code";

export function Page() {
  const byCode = useSignal(false);
  // Who is logged in already comes here by an address that they kept.
  useEffect(() => {
    if (me.peek() && page.peek() === "login") afterLogIn();
  }, []);
  if (!byCode.value) {
    return (
      <LogIn
        onCode={() => {
          byCode.value = true;
        }}
      />
    );
  }
  return (
    <main class="alone" id="main">
      <OwnCode
        onDone={afterLogIn}
        onBack={() => {
          byCode.value = false;
        }}
      />
    </main>
  );
}

function LogIn({ onCode }: { onCode: () => void }) {
  const told = words().frame.login;
  const busy = useSignal(false);
  const refusal = useSignal<string | null>(null);
  const enter = async (event: SubmitEvent & { currentTarget: HTMLFormElement }) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    busy.value = true;
    refusal.value = null;
    try {
      await logIn(String(form.get("login")), String(form.get("password")));
      afterLogIn();
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      refusal.value = error.message;
    } finally {
      busy.value = false;
    }
  };
  return (
    <main class="alone" id="main">
      <form class="card" onSubmit={enter}>
        <h1 class="brand">
          <Brand />
          Tagwarden
        </h1>
        {hasEnded.value && (
          <p class="said" role="alert">
            {told.ended}
          </p>
        )}
        <label class="field">
          <span>{told.name}</span>
          <input class="inp" name="login" autocomplete="username" autocapitalize="none" required />
        </label>
        <label class="field">
          <span>{told.password}</span>
          <input
            class="inp"
            name="password"
            type="password"
            autocomplete="current-password"
            required
          />
        </label>
        {!isSecureContext && <p class="said wrong">{told.insecure}</p>}
        <Refusal text={refusal} />
        <Button primary submit extra="tall" disabled={busy.value}>
          {busy.value ? told.busy : told.button}
        </Button>
        <button type="button" class="link-button" onClick={onCode}>
          {words().setup.ownCode.link}
        </button>
      </form>
    </main>
  );
}
