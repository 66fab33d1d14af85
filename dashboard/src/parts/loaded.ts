/** What a page asks of the gateway: asked, there, or refused; asked again when it is older. */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { RefusedError } from "../api/client";

export interface Loaded<T> {
  /** `undefined` until the first answer; the newest answer stays while another is awaited. */
  value: Signal<T | undefined>;
  failed: Signal<string | null>;
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
  const asked = useSignal(0);
  const turn = `${key}\n${asked.value}`;
  useEffect(() => {
    const ending = new AbortController();
    const take = (answer: T) => {
      if (ending.signal.aborted) return;
      value.value = answer;
      failed.value = null;
    };
    const refuse = (error: unknown) => {
      if (ending.signal.aborted) return;
      if (!(error instanceof RefusedError)) throw error;
      failed.value = error.message;
    };
    const ask = () => load(ending.signal).then(take, refuse);
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
    again: () => {
      asked.value += 1;
    },
  };
}
