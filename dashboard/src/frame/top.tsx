/** The top: site, search, link state with the age of the data, clock, sound, who is logged in. */
import { signal } from "@preact/signals";
import { asked, go, leaving, look, page } from "../address";
import { SoundButton } from "../alarms/sound-button";
import { LinkState } from "../live/link-state";
import { Action, Button } from "../parts/controls";
import { Dialog } from "../parts/dialog";
import { Icon } from "../parts/icon";
import { type Language, language, type Theme, theme } from "../preferences";
import { initials, logOut, me } from "../session";
import { siteName } from "../site";
import { beat, clock, day, nowMs, zoneName } from "../times";
import { words } from "../words";

const isAccountOpen = signal(false);

export function Top() {
  return (
    <header class="top">
      <a class="brand" href="/live" aria-label="Tagwarden">
        <Brand />
        <span class="no-ph">Tagwarden</span>
      </a>
      <span class="site el">{siteName.value}</span>
      <Search />
      <LinkState />
      <Clock />
      <SoundButton />
      <button
        type="button"
        class="who"
        title={me.value?.name}
        aria-label={`${initials.value}, ${me.value?.name ?? words().frame.account}`}
        onClick={() => {
          isAccountOpen.value = true;
        }}
      >
        {initials}
      </button>
      {isAccountOpen.value && <Account />}
    </header>
  );
}

export function Brand() {
  return (
    <svg viewBox="0 0 24 24" class="brand-mark" aria-hidden="true">
      <path d="M3.5 4.5h8L21 14l-7.5 7.5-10-10z" />
      <circle cx="8" cy="9" r="1.8" />
    </svg>
  );
}

function Search() {
  const find = (event: SubmitEvent & { currentTarget: HTMLFormElement }) => {
    event.preventDefault();
    const text = new FormData(event.currentTarget).get("q");
    go("find", { q: typeof text === "string" ? text : null });
  };
  const typed = (text: string) => {
    if (page.value === "find") look({ q: text });
  };
  return (
    <search class="search">
      <form onSubmit={find}>
        <Icon name="find" />
        <input
          id="search"
          name="q"
          type="search"
          autocomplete="off"
          aria-label={words().frame.search}
          placeholder={words().frame.search}
          value={page.value === "find" ? (asked("q") ?? "") : ""}
          onInput={(event) => typed(event.currentTarget.value)}
        />
        <kbd class="no-ph">/</kbd>
      </form>
    </search>
  );
}

export function Clock() {
  void beat.value;
  const now = nowMs();
  return (
    <span class="clock">
      <span class="d">{day(now)} </span>
      <b>{clock(now)}</b> <span class="xs">{zoneName(now)}</span>
    </span>
  );
}

function Account() {
  const told = words().frame;
  const close = () => {
    isAccountOpen.value = false;
  };
  const end = async () => {
    await logOut();
    close();
  };
  const leave = async () => {
    if (!leaving.ask || leaving.ask(() => void end())) await end();
    else close();
  };
  return (
    <Dialog title={me.value?.name ?? told.account} onClose={close}>
      <p class="sec">
        {me.value?.login} · {me.value?.role}
      </p>
      <div class="row choices">
        {(["dark", "light"] as Theme[]).map((each) => (
          <Button
            key={each}
            pressed={theme.value === each}
            onClick={() => {
              theme.value = each;
            }}
          >
            {told.theme[each]}
          </Button>
        ))}
      </div>
      <div class="row choices">
        {(["en", "de"] as Language[]).map((each) => (
          <Button
            key={each}
            pressed={language.value === each}
            onClick={() => {
              language.value = each;
            }}
          >
            {told.languages[each]}
          </Button>
        ))}
      </div>
      <a class="btn tall" href="/docs">
        HTTP API
      </a>
      <Action extra="tall" act={leave}>
        {told.logOut}
      </Action>
    </Dialog>
  );
}
