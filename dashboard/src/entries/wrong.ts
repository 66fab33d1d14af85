/** What the gateway says is wrong with an entry, without the words that only a file needs. */
import type { RefusedError } from "../api/client";

/** Each problem as `key: message`, the key within the entry: `address: must be host:port`. */
export function wrongText(error: RefusedError): string {
  const said = (error.problem.errors ?? []).map(({ field, message }) => {
    const key = field.replace(/^\w+\[[^\]]*\]\.?/u, "");
    const text = message.replace(/^line \d+: /u, "");
    return key ? `${key}: ${text}` : text;
  });
  return said.join("; ") || error.message;
}
