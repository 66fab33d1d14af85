/** The whole: asks who is there, then shows the page of the address in its frame. */
import { computed, effect, signal } from "@preact/signals";
import { Component, type ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { asked, go, instead, page } from "../address";
import { ask, RefusedError } from "../api/client";
import type { Shape } from "../api/shape";
import { isSetupNeeded } from "../pages/setup/needed";
import { Action, Button } from "../parts/controls";
import { may, me, recognise } from "../session";
import { words } from "../words";
import { Frame } from "./frame";
import { isPage, PAGES, type PageName } from "./page-list";

const unreachable = signal(false);
const shown = signal<ComponentType | null>(null);
/** The page whose code was not to be had: the gateway is away, or has other pages by now. */
const unloaded = signal<PageName | null>(null);
const name = computed<PageName | null>(() => (isPage(page.value) ? page.value : null));

async function begin(): Promise<void> {
  unreachable.value = false;
  try {
    await recognise();
    if (me.value) {
      await leadToSetup();
      return;
    }
    me.value = null;
    const setup = await ask<Shape<"Setup">>("setup");
    if (setup.open) instead("setup");
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    unreachable.value = true;
    setTimeout(begin, 2000);
  }
}

/** From the plan, which would be empty, an administrator is led to what is still to be set up. */
async function leadToSetup(): Promise<void> {
  if (page.value === "live" && (await isSetupNeeded())) instead("setup");
}

/** Who has not logged in is led to the log-in, and from there to where they wanted to go. */
function lead(): void {
  if (me.value !== null || name.value === "login" || name.value === "setup") return;
  // A wall is let in by its key, and says itself where it is not.
  if (name.value === "wall") return;
  const isUsual = page.value === "live" && location.search === "";
  // biome-ignore lint/suspicious/noThenProperty: a name in the address, nothing to wait for
  instead("login", { then: isUsual ? null : location.pathname + location.search });
}

/** The page of the address is loaded; the last one stays until it is there. */
function follow(): void {
  const wanted = name.value;
  if (!wanted) {
    shown.value = null;
    return;
  }
  document.title = `${words().frame.pages[wanted]} · Tagwarden`;
  document.documentElement.dataset["page"] = wanted;
  unloaded.value = null;
  void PAGES[wanted].load().then(
    (loaded) => {
      if (name.peek() === wanted) shown.value = loaded.Page;
    },
    () => {
      if (name.peek() === wanted) unloaded.value = wanted;
    },
  );
}

export function App() {
  useEffect(() => {
    void begin();
    const ends = [effect(lead), effect(follow)];
    return () => {
      for (const end of ends) end();
    };
  }, []);
  if (unreachable.value && me.value === undefined) return <Unreachable />;
  if (me.value === undefined) return null;
  const entry = name.value && PAGES[name.value];
  const Page = unloaded.value === null ? shown.value : NotLoaded;
  const body = (
    <Guarded>
      {entry?.right && !may(entry.right) && me.value && (
        <Notice text={words().frame.notAllowed(me.value.role)} />
      )}
      {!entry && <Notice text={words().frame.lostPage} />}
      {entry && (!entry.right || may(entry.right)) && Page && <Page />}
    </Guarded>
  );
  return entry?.bare || !me.value ? body : <Frame>{body}</Frame>;
}

function Unreachable() {
  return (
    <main class="alone" id="main">
      <p role="alert">{words().frame.unreachable}</p>
    </main>
  );
}

function Notice({ text, onAgain }: { text: string; onAgain?: () => void }) {
  return (
    <div class="page empty">
      <h2>{text}</h2>
      {onAgain && <Button onClick={onAgain}>{words().frame.tryAgain}</Button>}
      <Button onClick={() => go("live")}>{words().frame.toLive}</Button>
    </div>
  );
}

/** Loads all anew once the gateway answers; until then what is here stays, and sounds. */
function NotLoaded() {
  const told = words().frame;
  const again = async () => {
    await ask("me");
    location.reload();
  };
  return (
    <div class="page empty" role="alert">
      <h2>{told.failed(name.value ? told.pages[name.value] : page.value)}</h2>
      <Action act={again}>{told.tryAgain}</Action>
    </div>
  );
}

/** A fault in a page ends that page alone; the frame with its alarms stays. */
class Guarded extends Component<object, { failed: boolean; page: string }> {
  override state = { failed: false, page: page.value };

  static override getDerivedStateFromError() {
    return { failed: true, page: page.value };
  }

  override render() {
    if (this.state.failed && this.state.page === page.value) {
      return (
        <Notice text={words().frame.broken} onAgain={() => this.setState({ failed: false })} />
      );
    }
    return this.props.children;
  }
}

/** Where the log-in leads: the page that was asked for, if it is one of ours. */
export function afterLogIn(): void {
  const then = asked("then") ?? "/live";
  const isAddress = URL.canParse(then, location.origin);
  const target = new URL(isAddress ? then : "/live", location.origin);
  const wanted = target.origin === location.origin ? target.pathname.slice(1) : "live";
  if (wanted === "docs") location.replace("/docs");
  else if (isPage(wanted)) instead(wanted, Object.fromEntries(target.searchParams));
  else instead("live");
  void leadToSetup();
}
