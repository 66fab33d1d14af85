/** What the gateway says is wrong with an entry, without the words that only a file needs. */
import { RefusedError } from "../api/client";
import type { Path } from "./form-model";

/** A problem and the key within the entry that it is about, such as `address`; empty for the whole. */
export interface Wrong {
  readonly key: string;
  readonly text: string;
}

const plain = (message: string) => message.replace(/^line \d+: /u, "");

/** Each problem apart; the refusal itself where it names none. */
export function wrongsIn(error: RefusedError): Wrong[] {
  const said = (error.problem.errors ?? []).map(({ field, message }) => ({
    key: field.replace(/^\w+\[[^\]]*\]\.?/u, ""),
    text: plain(message),
  }));
  return said.length ? said : [{ key: "", text: error.message }];
}

/** All of them as one text: `address: must be host:port; stands twice`. */
export function wrongText(error: RefusedError): string {
  return wrongsIn(error)
    .map(({ key, text }) => (key ? `${key}: ${text}` : text))
    .join("; ");
}

/** Wait for a change; a refusal says in which entries it would make something wrong. */
export async function sayingWhere<T>(change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    if (!(error instanceof RefusedError) || !error.problem.errors?.length) throw error;
    const said = error.problem.errors.map(({ field, message }) => `${field}: ${plain(message)}`);
    throw new RefusedError(error.status, { detail: said.join("; ") });
  }
}

/** What is wrong with one setting and with what is in it, but not what is said at the inner fields. */
export function wrongAt(
  wrongs: readonly Wrong[],
  path: Path,
  inner: readonly Path[] = [],
): string | undefined {
  const about = wrongs.filter(
    (each) => isAt(each, path) && !inner.some((field) => isAt(each, field)),
  );
  return about.length ? about.map((each) => each.text).join("; ") : undefined;
}

function isAt({ key }: Wrong, path: Path): boolean {
  const keys = key.split(/[.[\]]+/u);
  return path.every((each, depth) => keys[depth] === each);
}
