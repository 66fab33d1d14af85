/** The wall: one plan, five numbers, what is wrong. Nothing to click; it comes back by itself. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { asked } from "../../address";
import { Alarms } from "../../alarms/alarms";
import { Brand } from "../../frame/top";
import { type Entry, enterAs, stayIn, takeKey } from "../../live/display";
import { LinkState } from "../../live/link-state";
import { useReaders } from "../../live/readers";
import { me } from "../../session";
import { siteName } from "../../site";
import { beat, clock, day, nowMs } from "../../times";
import { words } from "../../words";
import { wallFloor } from "./floors";
import { isIn } from "./let-in";
import { Numbers } from "./numbers";
import { OtherFloor, WallPlan } from "./plans";
import { Wrong } from "./wrong";

const AGAIN_MS = 3000;

export function Page() {
  const entry = useEntry();
  if (isIn()) return <Wall />;
  return <NotIn entry={entry} />;
}

/** Let in by the key of the address, if it has one; tried again while the gateway is away. */
function useEntry(): Entry | "asking" {
  const entry = useSignal<Entry | "asking">(me.peek() ? "in" : "asking");
  useEffect(() => {
    const key = takeKey();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const enter = async () => {
      entry.value = key === null ? "refused" : await enterAs(key);
      if (entry.value === "away") timer = setTimeout(enter, AGAIN_MS);
    };
    // Who has logged in needs no key; who has one that was asked for is let in by it.
    if (key !== null || !me.peek()) void enter();
    const end = stayIn(isIn);
    return () => {
      clearTimeout(timer);
      end();
    };
  }, [entry]);
  return entry.value;
}

function NotIn({ entry }: { entry: Entry | "asking" }) {
  const told = words().live.wall;
  const isWaiting = entry === "asking" || entry === "away";
  return (
    <main class="alone wall-out" id="main">
      <div class="col" role="status">
        <h1 class="brand">
          <Brand />
          Tagwarden
        </h1>
        <h2>{isWaiting ? told.entering : told.noKey}</h2>
        {!isWaiting && <p class="sec">{entry === "other" ? told.otherUser : told.noKeyHint}</p>}
        {entry === "away" && <p class="sec">{words().frame.unreachable}</p>}
      </div>
    </main>
  );
}

function Wall() {
  useReaders();
  const floor = wallFloor(asked("floor"));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: on a phone it scrolls, by keys too
    <div class="wall" tabIndex={0}>
      <Alarms />
      <header class="wt">
        <span class="brand">
          <Brand />
          Tagwarden
        </span>
        <h1 class="sec el">{[siteName.value, floor?.name].filter(Boolean).join(", ")}</h1>
        <LinkState />
        <WallClock />
      </header>
      <main class="wl" id="main">
        <WallPlan floor={floor} />
        <Numbers />
      </main>
      <aside class="wr" aria-label={words().alarms.title}>
        <Wrong />
        <OtherFloor shown={floor} />
      </aside>
    </div>
  );
}

function WallClock() {
  void beat.value;
  const now = nowMs();
  return (
    <>
      <span class="sec nw">{day(now)}</span>
      <span class="clk">{clock(now)}</span>
    </>
  );
}
