/** Entries of the site file: read as they are written there, changed under the version that was read. */
import { askFully, change, path } from "../api/client";
import type { Shape } from "../api/shape";
import { sayingWhere } from "./wrong";

/** The parts of the site file that are edited entry by entry. */
export type Part = "zones" | "readers" | "rules" | "channels" | "portals" | "floors";
export type Settings = Record<string, unknown>;
export type Edited = Shape<"SiteEdited">;

/** An entry and the version under which it was read; `etag` null for one that is new. */
export interface Entry {
  part: Part;
  name: string | null;
  settings: Settings;
  etag: string | null;
}

/** Read an entry as it is written in the file. Throws RefusedError. */
export async function readEntry(part: Part, name: string): Promise<Entry> {
  const answer = await askFully<Settings>(path`${part}/${name}/settings`);
  return { part, name, settings: answer.body, etag: answer.etag };
}

/** Write a whole entry, or only say what would change. Throws RefusedError: 412, 422. */
export async function writeEntry(entry: Entry, dryRun = false): Promise<Edited> {
  const { part, name, settings, etag } = entry;
  const query = { dry_run: dryRun || null };
  if (name === null)
    return (await change<Edited>(part, { verb: "POST", body: settings, query })).body;
  const put = { verb: "PUT", body: settings, ifMatch: etag, query } as const;
  return (await change<Edited>(path`${part}/${name}`, put)).body;
}

/** Take an entry out of the file. Throws RefusedError, which says what names it. */
export async function removeEntry(entry: Entry): Promise<void> {
  if (entry.name === null) return;
  const removed = { verb: "DELETE", ifMatch: entry.etag } as const;
  await sayingWhere(change(path`${entry.part}/${entry.name}`, removed));
}
