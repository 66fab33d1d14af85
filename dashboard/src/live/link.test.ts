import { afterEach, expect, it, vi } from "vitest";
import { me } from "../session";
import { keepLink, link } from "./link";
import { live, liveTurn, tallies } from "./live";

/** A connection that is there and says nothing. */
class SilentSocket {
  static made = 0;
  onmessage: unknown = null;
  onclose: unknown = null;
  constructor() {
    SilentSocket.made += 1;
  }
  close() {}
}

afterEach(() => {
  me.value = undefined;
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("finds out that a connection is dead although the clock was set back by an hour", async () => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", SilentSocket);
  keepLink();
  me.value = { rights: ["look"] } as NonNullable<typeof me.value>;
  await vi.advanceTimersByTimeAsync(1000);
  vi.setSystemTime(Date.now() - 3_600_000);
  await vi.advanceTimersByTimeAsync(3500);
  expect(link.value.state).toBe("lost");
  expect(SilentSocket.made).toBeGreaterThan(1);
});

it("counts on although the clock was set back by an hour", async () => {
  vi.useFakeTimers();
  live.turn = 2;
  await vi.advanceTimersByTimeAsync(1000);
  liveTurn.value += 1;
  const before = tallies.value;
  vi.setSystemTime(Date.now() - 3_600_000);
  await vi.advanceTimersByTimeAsync(1000);
  liveTurn.value += 1;
  expect(tallies.value).not.toBe(before);
});
