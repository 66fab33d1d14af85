/** What a page asks of the gateway: asked, there, or refused; asked again when it is older. */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { RefusedError } from "../api/client";

export interface Loaded<T> {
  /**
   * `undefined` until the first answer. The newest stays while another is awaited, and when asking
   * the same once more fails.
   */
  value: Signal<T | undefined>;
  failed: Signal<string | null>;
  /** Whether `value` answers what is asked now, and not what was asked before `key` changed. */
  isCurrent: boolean;
  again: () => void;
}

/** Ask when the component appears and whenever `key` changes; every `everyMs` where it is given. */
export function useLoaded<T>(
  load: (signal: AbortSignal) => Promise<T>,
  key: string,
  everyMs?: number,
): Loaded<T> {
  const value = useSignal<T | undefined>(undefined);
  const failed = useSignal<string | null>(null);
  const answered = useSignal<string | null>(null);
  const asked = useSignal(0);
  const turn = `${key}\n${asked.value}`;
  useEffect(() => {
    const ending = new AbortController();
    let asks = 0;
    let newest = 0;
    /** Whether an answer is dropped: nobody waits for it, or a newer one was quicker. */
    const isOld = (turn: number) => {
      if (ending.signal.aborted || turn < newest) return true;
      newest = turn;
      return false;
    };
    const ask = () => {
      const mine = ++asks;
      const take = (answer: T) => {
        if (isOld(mine)) return;
        value.value = answer;
        answered.value = key;
        failed.value = null;
      };
      const refuse = (error: unknown) => {
        if (isOld(mine)) return;
        if (!(error instanceof RefusedError)) throw error;
        if (answered.peek() !== key) value.value = undefined;
        failed.value = error.message;
      };
      return load(ending.signal).then(take, refuse);
    };
    void ask();
    const timer = everyMs === undefined ? undefined : setInterval(ask, everyMs);
    return () => {
      ending.abort();
      clearInterval(timer);
    };
  }, [turn, everyMs]);
  return {
    value,
    failed,
    isCurrent: answered.value === key,
    again: () => {
      asked.value += 1;
    },
  };
}
