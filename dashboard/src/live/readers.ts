/** The readers as they are now, asked again every 5 s while a page shows them. */
import { computed, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask, RefusedError } from "../api/client";
import type { Reader } from "../api/shape";

/** All readers; undefined until they are known. */
export const readers = signal<readonly Reader[] | undefined>(undefined);
/** Why they were not told when they were last asked for. */
export const readersRefusal = signal<string | null>(null);

const EVERY_MS = 5000;
let users = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** Ask for the readers now; where that is refused the last ones stay. */
export async function readReaders(): Promise<void> {
  try {
    readers.value = (await ask<{ items: Reader[] }>("readers", { limit: 1000 })).items;
    readersRefusal.value = null;
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    readersRefusal.value = error.message;
  }
}

/** Keep `readers` up until the result is called. */
export function keepReaders(): () => void {
  users += 1;
  if (users === 1) {
    void readReaders();
    timer = setInterval(readReaders, EVERY_MS);
  }
  return () => {
    users -= 1;
    if (users === 0) clearInterval(timer);
  };
}

/** Keep `readers` up as long as the component is there. */
export function useReaders(): void {
  useEffect(keepReaders, []);
}

/** Readers as figures: who answers, who does not, and how much is read. */
export interface ReaderFigures {
  readonly all: number;
  readonly answering: number;
  /** Who should answer and does not, the longest first. */
  readonly silent: readonly Reader[];
  readonly perSecond: number;
  /** Reads a second of all readers, the newest last. */
  readonly series: readonly number[];
}

const ANSWERS = new Set(["online"]);
const MEANT_TO_REST = new Set(["disabled", "maintenance"]);

/** The figures of a list of readers. */
export function figuresOf(list: readonly Reader[]): ReaderFigures {
  const silent = list
    .filter(({ state }) => !ANSWERS.has(state) && !MEANT_TO_REST.has(state))
    .sort((a, b) => a.since.localeCompare(b.since));
  const long = Math.max(0, ...list.map(({ series }) => series.length));
  const series = Array.from({ length: long }, (_, at) =>
    list.reduce((sum, each) => sum + (each.series[each.series.length - long + at] ?? 0), 0),
  );
  return {
    all: list.length,
    answering: list.filter(({ state }) => ANSWERS.has(state)).length,
    silent,
    perSecond: list.reduce((sum, each) => sum + each.reads_per_second, 0),
    series,
  };
}

export const readerFigures = computed(() => figuresOf(readers.value ?? []));
