/** Reads that this page makes up where no reader is at hand: assets that walk between antennas. */
import { signal } from "@preact/signals";
import { change, path, RefusedError } from "../../api/client";
import { me } from "../../session";

const NUMBERS = [1, 2, 3, 4, 5];
const idOf = (number: number) => `simulated-${number}`;
const tagOf = (number: number) => `code:${idOf(number)}`;

const EVERY_MS = 1000;
/** How long one stays at an antenna; each walks on at a time of its own. */
const STAY_S = 10;
/** Nobody is told of tags that are none for longer than that. */
export const SIMULATED_MAX_MS = 600_000;

/** The reader whose reads are made up in this window; null where none are. */
export const simulated = signal<string | null>(null);
/** Why they ended by themselves; null where they did not. */
export const simulatedRefusal = signal<string | null>(null);

let timer: ReturnType<typeof setInterval> | undefined;

/** What the antennas hear a number of seconds after the beginning. */
export function readsAt(second: number, antennas: readonly number[]) {
  return NUMBERS.map((number) => {
    const walked = Math.floor((second + (number * STAY_S) / NUMBERS.length) / STAY_S);
    return { tag: tagOf(number), antenna: antennas[(walked + number) % antennas.length] ?? 1 };
  });
}

/** Register the assets and push reads of them each second. Throws RefusedError. */
export async function simulate(reader: string, antennas: readonly number[]): Promise<void> {
  const assets = NUMBERS.map((number) => ({
    id: idOf(number),
    category: "simulated",
    tags: [tagOf(number)],
  }));
  await change("assets", { verb: "POST", body: assets });
  const beganMs = Date.now();
  const push = async () => {
    const pastMs = Date.now() - beganMs;
    if (pastMs > SIMULATED_MAX_MS || me.peek() === null) return end();
    const body = readsAt(pastMs / 1000, antennas);
    await change(path`ingest/${reader}`, { verb: "POST", body });
  };
  await push();
  end();
  simulatedRefusal.value = null;
  simulated.value = reader;
  timer = setInterval(() => void push().catch(endFor), EVERY_MS);
}

/** End it, and take the assets out of the register; their history stays. Throws RefusedError. */
export async function endSimulation(): Promise<void> {
  await change("assets/remove", { verb: "POST", body: { ids: NUMBERS.map(idOf) } });
  end();
}

function end(): void {
  clearInterval(timer);
  simulated.value = null;
}

function endFor(error: unknown): void {
  if (!(error instanceof RefusedError)) throw error;
  end();
  simulatedRefusal.value = error.message;
}
