/** Top, rail and tabs around a page; alarms sound and are shown from here on every page. */
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { asked, page } from "../address";
import { Alarms } from "../alarms/alarms";
import { Banner } from "../alarms/banner";
import { worstNew } from "../alarms/store";
import { useKeys } from "../keys";
import { Dialog } from "../parts/dialog";
import { Icon } from "../parts/icon";
import { AlertSymbol } from "../parts/symbol";
import { theme } from "../preferences";
import { may } from "../session";
import { words } from "../words";
import { goTo, pressG } from "./digits";
import { KeyList } from "./key-list";
import { isPage, PAGES, type PageName, RAIL, TABS } from "./page-list";
import { Top } from "./top";

const isKeyListOpen = signal(false);
const isMoreOpen = signal(false);

/** Keys that work on every page. A page's own digits go before, unless G was pressed. */
function useFrameKeys(): void {
  const digits = Object.fromEntries(
    RAIL.map((_, index) => [String(index + 1), () => goTo(index + 1)]),
  );
  useKeys({
    ...digits,
    g: pressG,
    l: () => {
      theme.value = theme.value === "dark" ? "light" : "dark";
    },
    "?": () => {
      isKeyListOpen.value = true;
    },
    "/": () => document.querySelector<HTMLInputElement>("#search")?.focus(),
  });
}

export function Frame({ children }: { children: ComponentChildren }) {
  useFrameKeys();
  return (
    <div class="app">
      <a class="skip" href="#main">
        {words().frame.skip}
      </a>
      <Top />
      <Rail />
      <main class="main" id="main" tabIndex={-1}>
        <Banner />
        {children}
      </main>
      <Tabs />
      <Alarms />
      {isKeyListOpen.value && (
        <KeyList
          onClose={() => {
            isKeyListOpen.value = false;
          }}
        />
      )}
      {isMoreOpen.value && <More />}
    </div>
  );
}

function current(): PageName | null {
  if (!isPage(page.value)) return null;
  return PAGES[page.value].under ?? page.value;
}

function Rail() {
  return (
    <nav class="rail" aria-label={words().frame.main}>
      {RAIL.filter(isAllowed).map((name) => (
        <Entry key={name} name={name} />
      ))}
    </nav>
  );
}

function isAllowed(name: PageName): boolean {
  return may(PAGES[name].right ?? "look");
}

function Entry({ name, onClick }: { name: PageName; onClick?: () => void }) {
  const { icon } = PAGES[name];
  const floor = name === "live" ? asked("floor") : null;
  return (
    <a
      href={floor ? `/${name}?floor=${encodeURIComponent(floor)}` : `/${name}`}
      class={name === "system" ? "at-foot" : ""}
      aria-current={current() === name ? "page" : undefined}
      onClick={onClick}
    >
      {icon && <Icon name={icon} />}
      {words().frame.pages[name]}
      {name === "alerts" && worstNew.value && (
        <span class="badge">
          <AlertSymbol severity={worstNew.value} />
        </span>
      )}
    </a>
  );
}

function Tabs() {
  const here = current();
  return (
    <nav class="tabs" aria-label={words().frame.main}>
      {TABS.map((name) => (
        <Entry key={name} name={name} />
      ))}
      <button
        type="button"
        aria-current={here && !TABS.includes(here) ? "page" : undefined}
        onClick={() => {
          isMoreOpen.value = true;
        }}
      >
        <Icon name="more" />
        {words().frame.pages.more}
      </button>
    </nav>
  );
}

function More() {
  const close = () => {
    isMoreOpen.value = false;
  };
  const others = RAIL.filter((name) => !TABS.includes(name) && isAllowed(name));
  return (
    <Dialog title={words().frame.pages.more} onClose={close}>
      <nav class="more-list" aria-label={words().frame.pages.more}>
        {others.map((name) => (
          <Entry key={name} name={name} onClick={close} />
        ))}
      </nav>
    </Dialog>
  );
}
