import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { me } from "../../session";
import {
  endSimulation,
  readsAt,
  SIMULATED_MAX_MS,
  simulate,
  simulated,
  simulatedRefusal,
} from "./simulated";

let asked: string[] = [];
let isRefused = false;

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  isRefused = false;
  me.value = { name: "Somebody" } as NonNullable<typeof me.value>;
  vi.stubGlobal("fetch", async (address: string) => {
    asked.push(new URL(address, location.href).pathname);
    const problem = { status: 429, detail: "Too many." };
    return isRefused
      ? new Response(JSON.stringify(problem), { status: 429 })
      : new Response(JSON.stringify({}));
  });
});

afterEach(async () => {
  await endSimulation().catch(() => undefined);
  me.value = null;
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const pushes = () => asked.filter((each) => each.endsWith("/ingest/gate-1")).length;

describe("a simulated reader", () => {
  it("lets every asset visit every antenna, one at a time, and none jump about", () => {
    const heard = new Map<string, number[]>();
    for (let second = 0; second < 40; second += 1) {
      for (const { tag, antenna } of readsAt(second, [1, 2, 3])) {
        heard.set(tag, [...(heard.get(tag) ?? []), antenna]);
      }
    }
    expect(heard.size).toBe(5);
    for (const antennas of heard.values()) {
      expect(new Set(antennas)).toEqual(new Set([1, 2, 3]));
      const moves = antennas.filter(
        (antenna, index) => antenna !== (antennas[index - 1] ?? antenna),
      );
      expect(moves.length).toBeLessThan(5);
    }
  });

  it("reads each second, and ends by itself after ten minutes", async () => {
    await simulate("gate-1", [1]);
    await vi.advanceTimersByTimeAsync(5000);
    expect([simulated.value, pushes()]).toEqual(["gate-1", 6]);
    await vi.advanceTimersByTimeAsync(SIMULATED_MAX_MS);
    const most = pushes();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([simulated.value, pushes()]).toEqual([null, most]);
  });

  it("ends with who is logged in, and says why where it is refused", async () => {
    await simulate("gate-1", [1]);
    isRefused = true;
    await vi.advanceTimersByTimeAsync(1000);
    expect([simulated.value, simulatedRefusal.value]).toEqual([null, "Too many."]);
    isRefused = false;
    await simulate("gate-1", [1]);
    expect(simulatedRefusal.value).toBeNull();
    me.value = null;
    await vi.advanceTimersByTimeAsync(2000);
    expect(simulated.value).toBeNull();
  });

  it("takes its assets out again when it is ended", async () => {
    await simulate("gate-1", [1]);
    await endSimulation();
    expect(asked.at(-1)).toBe("/api/v1/assets/remove");
    expect(simulated.value).toBeNull();
  });
});
