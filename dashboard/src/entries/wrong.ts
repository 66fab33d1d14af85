/** What the gateway says is wrong with an entry, without the words that only a file needs. */
import type { RefusedError } from "../api/client";

/** A problem and the key within the entry that it is about, such as `address`; empty for the whole. */
export interface Wrong {
  readonly key: string;
  readonly text: string;
}

/** Each problem apart; the refusal itself where it names none. */
export function wrongsIn(error: RefusedError): Wrong[] {
  const said = (error.problem.errors ?? []).map(({ field, message }) => ({
    key: field.replace(/^\w+\[[^\]]*\]\.?/u, ""),
    text: message.replace(/^line \d+: /u, ""),
  }));
  return said.length ? said : [{ key: "", text: error.message }];
}

/** All of them as one text: `address: must be host:port; stands twice`. */
export function wrongText(error: RefusedError): string {
  return wrongsIn(error)
    .map(({ key, text }) => (key ? `${key}: ${text}` : text))
    .join("; ");
}

/** What is wrong with one setting: all that is said of it and of what is in it. */
export function wrongWith(wrongs: readonly Wrong[], key: string): string | undefined {
  const about = wrongs.filter((each) => each.key.split(/[.[]/u)[0] === key);
  return about.length ? about.map((each) => each.text).join("; ") : undefined;
}
