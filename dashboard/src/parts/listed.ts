/** Lists of the API: asked page by page, more on demand. */
import { useSignal } from "@preact/signals";
import { type Answer, askFully, type Query } from "../api/client";
import { type Loaded, useLoaded } from "./loaded";

export interface Listed<Row> extends Omit<Loaded<unknown>, "value"> {
  /** `undefined` until the first answer. */
  rows: readonly Row[] | undefined;
  /** Ask for the next page; undefined where there is none. */
  more: (() => void) | undefined;
}

interface PageOf<Row> {
  items: readonly Row[];
  next: string | null;
}

/** The rows of a list, from its beginning; asked anew when `where` or `query` changes. */
export function useListed<Row>(where: string, query: Query = {}, everyMs?: number): Listed<Row> {
  const list = `${where} ${JSON.stringify(query)}`;
  const asked = useSignal({ list, pages: 1 });
  const pages = asked.value.list === list ? asked.value.pages : 1;
  const loaded = useLoaded(
    (ended) => readPages<Row>(where, query, pages, ended),
    `${list} ${pages}`,
    everyMs,
  );
  const there = loaded.value.value;
  const more = () => {
    asked.value = { list, pages: pages + 1 };
  };
  return { ...loaded, rows: there?.items, more: there?.next ? more : undefined };
}

async function readPages<Row>(
  where: string,
  query: Query,
  pages: number,
  ended: AbortSignal,
): Promise<PageOf<Row>> {
  const items: Row[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < pages; page += 1) {
    const answer: Answer<{ items: Row[] }> = await askFully(where, { ...query, cursor }, ended);
    items.push(...answer.body.items);
    cursor = answer.next;
    if (cursor === null) break;
  }
  return { items, next: cursor };
}
