import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { anAlert } from "./example";
import { NOTHING } from "./gathering";
import { startSound } from "./sound";
import { gathered } from "./store";

/** What notes are made of, and a state that a test sets as a browser would. */
class FakeAudio extends EventTarget {
  static made: FakeAudio | null = null;
  state = "suspended";
  currentTime = 0;
  destination = {};
  constructor() {
    super();
    FakeAudio.made = this;
  }
  resume = async () => {};
  createGain = () => ({
    gain: { setValueAtTime() {}, linearRampToValueAtTime() {} },
    connect: (to: unknown) => to,
  });
  createOscillator = () => ({
    frequency: { setValueAtTime() {} },
    connect: (to: unknown) => to,
    start() {},
    stop() {},
  });
  allow() {
    this.state = "running";
    this.dispatchEvent(new Event("statechange"));
  }
}

const heard: string[] = [];
const note = (event: Event) => {
  heard.push((event as CustomEvent<{ severity: string }>).detail.severity);
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("AudioContext", FakeAudio);
  addEventListener("tagwarden-sound", note);
});

afterEach(() => {
  gathered.value = NOTHING;
  removeEventListener("tagwarden-sound", note);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("sounds at once when the browser lets it, and never after its end", async () => {
  const stop = startSound();
  const alert = anAlert({ severity: "warning", state: "active_unacknowledged" });
  gathered.value = { ...NOTHING, open: new Map([[alert.id, alert]]) };
  await vi.advanceTimersByTimeAsync(20_000);
  expect(heard).toEqual([]);
  FakeAudio.made?.allow();
  await vi.advanceTimersByTimeAsync(100);
  expect(heard).toEqual(["warning"]);
  stop();
  await vi.advanceTimersByTimeAsync(300_000);
  expect(heard).toEqual(["warning"]);
});
