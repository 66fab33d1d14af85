import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Alert } from "../api/shape";
import { anAlert } from "./example";
import { followAlarms } from "./follow";
import { NOTHING } from "./gathering";
import { alarmLink, evidenceAlert, gathered, isRead, listRefusal, openAlerts, pick } from "./store";

/** A stream that a test opens, breaks and speaks through. */
class FakeStream extends EventTarget {
  static all: FakeStream[] = [];
  isClosed = false;
  constructor(readonly url: string) {
    super();
    FakeStream.all.push(this);
  }
  close() {
    this.isClosed = true;
  }
  say(type: string, alert?: Alert) {
    const init = { data: JSON.stringify(alert ?? null), lastEventId: String(alert?.seq ?? 0) };
    if (!this.isClosed) this.dispatchEvent(new MessageEvent(type, init));
  }
}

const newest = () => FakeStream.all.at(-1) ?? new FakeStream("");
let listed: Alert[] = [];
let answers: Alert | null = null;
let isDown = false;
let stop = () => {};

beforeEach(() => {
  vi.useFakeTimers();
  FakeStream.all = [];
  listed = [];
  isDown = false;
  gathered.value = NOTHING;
  vi.stubGlobal("EventSource", FakeStream);
  vi.stubGlobal("fetch", async (address: string) => {
    if (isDown) throw new TypeError("down");
    const isOne = new URL(address, location.href).pathname.includes("/alerts/");
    return new Response(JSON.stringify(isOne ? answers : { items: listed }));
  });
  stop = followAlarms();
});

afterEach(() => {
  stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("following the alarms", () => {
  it("reads the list once the stream is open, and takes what is told from then on", async () => {
    listed = [anAlert({ id: "before" })];
    newest().say("open");
    await vi.advanceTimersByTimeAsync(10);
    newest().say("alert", anAlert({ id: "after", seq: 9 }));
    expect([...openAlerts.value.keys()].sort()).toEqual(["after", "before"]);
    expect(alarmLink.value.state).toBe("live");
  });

  it("says at once that it is cut off, keeps what it knows, and is back within 5 s", async () => {
    listed = [anAlert({ id: "old", seq: 4 })];
    newest().say("open");
    await vi.advanceTimersByTimeAsync(10);
    newest().say("alert", anAlert({ id: "old", seq: 5 }));
    isDown = true;
    newest().say("error");
    expect(alarmLink.value.state).toBe("lost");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(openAlerts.value.has("old")).toBe(true);
    isDown = false;
    listed = [anAlert({ id: "missed", seq: 7 })];
    await vi.advanceTimersByTimeAsync(1500);
    newest().say("open");
    await vi.advanceTimersByTimeAsync(100);
    expect(newest().url).toContain("after=5");
    expect([...openAlerts.value.keys()]).toEqual(["missed"]);
    expect(alarmLink.value.state).toBe("live");
  });

  it("begins anew when what it asks for is not kept any more", async () => {
    newest().say("open");
    await vi.advanceTimersByTimeAsync(10);
    listed = [anAlert({ id: "read" })];
    newest().say("reset");
    await vi.advanceTimersByTimeAsync(10);
    expect([...openAlerts.value.keys()]).toEqual(["read"]);
  });

  it("asks for a list that it was not told each second, and says why it is not there", async () => {
    listed = [anAlert({ id: "refused" })];
    isDown = true;
    newest().say("open");
    await vi.advanceTimersByTimeAsync(10);
    expect([isRead.value, listRefusal.value]).toEqual([false, expect.any(String)]);
    isDown = false;
    await vi.advanceTimersByTimeAsync(1000);
    expect([isRead.value, listRefusal.value]).toEqual([true, null]);
    expect([...openAlerts.value.keys()]).toEqual(["refused"]);
  });

  it("opens the stream anew after a sleep of ten minutes", async () => {
    newest().say("open");
    await vi.advanceTimersByTimeAsync(3000);
    const before = FakeStream.all.length;
    vi.setSystemTime(Date.now() + 600_000);
    await vi.advanceTimersByTimeAsync(2500);
    expect(FakeStream.all.length).toBe(before + 1);
    expect(FakeStream.all.at(-2)?.isClosed).toBe(true);
  });

  it("finds out by the list that a stream is dead which says nothing", async () => {
    newest().say("open");
    await vi.advanceTimersByTimeAsync(10);
    const before = FakeStream.all.length;
    listed = [anAlert({ id: "unheard" })];
    await vi.advanceTimersByTimeAsync(31_000);
    expect(openAlerts.value.has("unheard")).toBe(true);
    expect(FakeStream.all.length).toBe(before + 1);
  });

  it("knows of nothing any more once it has ended, and opens nothing again", async () => {
    listed = [anAlert({ id: "mine" })];
    newest().say("open");
    await vi.advanceTimersByTimeAsync(10);
    listed = [];
    // The list that is compared is asked for, and answers after the end.
    vi.advanceTimersByTime(30_000);
    const before = FakeStream.all.length;
    stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(FakeStream.all.length).toBe(before);
    expect([openAlerts.value.size, isRead.value, alarmLink.value.state]).toEqual([
      0,
      false,
      "connecting",
    ]);
  });

  it("asks what became of a shown alert that left the list without a word", async () => {
    const alert = anAlert({ id: "shown", seq: 4 });
    listed = [alert];
    newest().say("open");
    await vi.advanceTimersByTimeAsync(10);
    pick("shown");
    listed = [];
    answers = { ...alert, seq: 6, state: "cleared" };
    newest().say("reset");
    await vi.advanceTimersByTimeAsync(10);
    expect(evidenceAlert.value?.state).toBe("cleared");
    pick(null);
  });
});
