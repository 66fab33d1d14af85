/** Follows the alarms: the stream of the gateway, the list beneath it, and what mends a lost link. */
import { effect } from "@preact/signals";
import { addressOf, askFully, RefusedError } from "../api/client";
import type { Alert } from "../api/shape";
import { link } from "../live/link";
import { beginReading, endReading, giveUpReading, hear, isSame } from "./gathering";
import { isLeading } from "./sound";
import {
  alarmLink,
  askForPicked,
  forget,
  gathered,
  isRead,
  listRefusal,
  takeGathered,
} from "./store";

const RETRY_MS = 1000;
/** The list is read beside the stream now and then, in case a line is dead and nobody says so. */
const COMPARE_MS = 30_000;
const LOOK_MS = 2000;
/** A timer that comes so late means that the machine slept, or the page was frozen. */
const SLEPT_MS = 15_000;
const HIDDEN_SLEPT_MS = 90_000;

let source: EventSource | null = null;
let lastId: string | null = null;
let reading = 0;
let retry: ReturnType<typeof setTimeout> | undefined;
let readAgain: ReturnType<typeof setTimeout> | undefined;

/** Follow the alarms until the function that it gives is called. */
export function followAlarms(): () => void {
  let lookedMs = Date.now();
  let hiddenMs = 0;
  const lookUp = () => {
    const gapMs = Date.now() - lookedMs;
    lookedMs = Date.now();
    if (gapMs > (document.hidden ? HIDDEN_SLEPT_MS : SLEPT_MS)) connect();
  };
  const turned = () => {
    if (document.hidden) hiddenMs = Date.now();
    if (rests()) disconnect();
    else if (!source || (!document.hidden && Date.now() - hiddenMs > SLEPT_MS)) connect();
  };
  const timers = [setInterval(lookUp, LOOK_MS), setInterval(() => void read(true), COMPARE_MS)];
  document.addEventListener("visibilitychange", turned);
  addEventListener("online", connect);
  const ends = [askForPicked(), whenLinkReturns(connect), isLeading.subscribe(turned)];
  return () => {
    for (const timer of timers) clearInterval(timer);
    document.removeEventListener("visibilitychange", turned);
    removeEventListener("online", connect);
    for (const end of ends) end();
    disconnect();
    // What is asked for still is nobody's any more, and the next user begins with nothing.
    reading += 1;
    clearTimeout(readAgain);
    lastId = null;
    forget();
  };
}

/**
 * Whether nobody sees or hears this window: then it does without a stream, since browsers hold no
 * more than six connections to a gateway for all of their windows together.
 */
function rests(): boolean {
  return document.hidden && !isLeading.peek();
}

/** The live map is back: its loss may have been ours, although nobody told us. */
function whenLinkReturns(does: () => void): () => void {
  let wasLost = false;
  return effect(() => {
    const isLost = link.value.state === "lost";
    if (wasLost && !isLost) does();
    wasLost = isLost;
  });
}

function disconnect(): void {
  clearTimeout(retry);
  source?.close();
  source = null;
}

/** Open the stream anew, behind what was heard last, and read the list once it is open. */
function connect(): void {
  disconnect();
  if (rests()) return;
  const opened = new EventSource(addressOf("stream", { types: "alert", after: lastId }));
  source = opened;
  opened.addEventListener("open", () => {
    setLink("live");
    void read();
  });
  opened.addEventListener("alert", (event: MessageEvent<string>) => {
    lastId = event.lastEventId;
    take(JSON.parse(event.data) as Alert);
  });
  opened.addEventListener("reset", (event: MessageEvent<string>) => {
    lastId = event.lastEventId;
    void read();
  });
  opened.addEventListener("error", () => {
    if (source === opened) lose();
  });
}

function lose(): void {
  disconnect();
  setLink("lost");
  // The list says, where the stream only fails, that nobody is logged in any more.
  void read();
  retry = setTimeout(connect, RETRY_MS);
}

function setLink(state: "live" | "lost"): void {
  if (alarmLink.peek().state !== state) alarmLink.value = { state, sinceMs: Date.now() };
}

function take(alert: Alert): void {
  takeGathered(hear(gathered.peek(), alert), alert.state === "cleared" ? alert : null);
}

/** Read all that is open. `compares`: what the stream should have told says that it is dead. */
async function read(compares = false): Promise<void> {
  const turn = ++reading;
  clearTimeout(readAgain);
  gathered.value = beginReading(gathered.peek());
  try {
    const list = await readPages();
    if (turn !== reading) return;
    const before = gathered.peek();
    const after = endReading(before, list);
    takeGathered(after);
    isRead.value = true;
    listRefusal.value = null;
    if (compares && !isSame(before, after)) connect();
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    if (turn !== reading) return;
    gathered.value = giveUpReading(gathered.peek());
    listRefusal.value = error.message;
    readAgain = setTimeout(() => void read(), RETRY_MS);
  }
}

async function readPages(): Promise<Alert[]> {
  const list: Alert[] = [];
  let cursor: string | null = null;
  do {
    const query: Record<string, string | number | null> = { state: "active", limit: 1000, cursor };
    const answer: { body: { items: Alert[] }; next: string | null } = await askFully(
      "alerts",
      query,
    );
    list.push(...answer.body.items);
    cursor = answer.next;
  } while (cursor !== null);
  return list;
}
