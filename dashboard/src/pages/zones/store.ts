/** The zone that is being edited: opened, saved, and what stands in the way. */
import { signal } from "@preact/signals";
import { look } from "../../address";
import { ask, RefusedError } from "../../api/client";
import type { Shape, Zone } from "../../api/shape";
import { type Draft, draftOf, entryOf, newDraft, patchOf, ringsOf } from "../../drawing/draft";
import { createEditor, fill, open } from "../../drawing/editor";
import type { Ring } from "../../drawing/geometry";
import { type Entry, readEntry, removeEntry, writeEntry } from "../../entries/entry";
import { readReaders } from "../../live/readers";
import { may } from "../../session";
import { readSite, zoneByName, zones } from "../../site";
import { minute, nowMs } from "../../times";
import { words } from "../../words";

export const editor = createEditor();

/** The entry of the edited zone as it was read; null for a new one, and for who may not see it. */
export const entry = signal<Entry | null>(null);
/** Why nothing can be written into the site file; null where it can. */
export const unwritable = signal<"noSiteFile" | "readOnlyFile" | null>(null);
/** The number of the site file's version, which rises with each change. */
export const siteNumber = signal<number | null>(null);
/** What the gateway says is wrong, by key of the entry: `name`, `polygon`, …; `` for the rest. */
export const problems = signal<ReadonlyMap<string, string>>(new Map());
/** When it was saved, `14:32`. */
export const savedAt = signal<string | null>(null);
/** What somebody else has saved meanwhile; `zone` null where they have deleted it. */
export const conflict = signal<{ zone: Zone | null; entry: Entry | null } | null>(null);

const NOTHING_WRONG: ReadonlyMap<string, string> = new Map();
const NO_RING: Ring = [];

/** Look whether the site file can be written at all. Throws RefusedError. */
export async function lookAtFile(): Promise<void> {
  if (!may("site")) return;
  const site = await ask<Shape<"Site">>("site");
  siteNumber.value = site.number;
  unwritable.value = site.file === null ? "noSiteFile" : site.read_only ? "readOnlyFile" : null;
}

/** Forget what was being edited. */
export function close(): void {
  open(editor, null);
  forget();
}

function forget(): void {
  entry.value = null;
  problems.value = NOTHING_WRONG;
  savedAt.value = null;
  conflict.value = null;
}

/** Open a zone of the site. Where its entry is not told, that is said, and asked again to save. */
export async function openZone(name: string): Promise<void> {
  const zone = zoneByName.value.get(name);
  forget();
  open(editor, zone ? draftOf(zone) : null);
  if (!zone || !may("site")) return;
  try {
    await readOwn(name);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    if (isOpen(name)) take(error);
  }
}

const isOpen = (name: string) => editor.was.value?.name === name;

async function readOwn(name: string): Promise<Entry> {
  const read = await readEntry("zones", name);
  if (isOpen(name)) entry.value = read;
  return read;
}

/** Begin a zone that is not there yet. */
export function beginZone(floor: string): void {
  forget();
  open(editor, newDraft(floor));
}

export const theirRing = (): Ring =>
  (conflict.value?.zone && ringsOf(conflict.value.zone)[0]) ?? NO_RING;

/** The entry as it would be written. Throws RefusedError. */
async function asked(draft: Draft): Promise<Entry> {
  const was = editor.was.value;
  if (!was?.name) return { part: "zones", name: null, settings: entryOf(draft), etag: null };
  const read = entry.value ?? (await readOwn(was.name));
  const settings = { ...read.settings };
  for (const [key, value] of Object.entries(patchOf(was, draft, read.settings))) {
    if (value === null) delete settings[key];
    else settings[key] = value;
  }
  return { ...read, settings };
}

/** Ask the gateway what would be wrong; nothing is changed. */
export async function check(): Promise<void> {
  const draft = editor.draft.value;
  if (!draft || editor.changes.value === 0 || unwritable.value) return;
  try {
    const edited = await writeEntry(await asked(draft), true);
    if (editor.draft.value === draft) problems.value = warningsOf(edited.warnings, draft);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    if (editor.draft.value !== draft) return;
    if (error.status === 412) problems.value = new Map([["", words().places.conflictNote]]);
    else take(error);
  }
}

/** Save. What can not be saved is said in `problems` or `conflict`. */
export async function save(): Promise<void> {
  const draft = editor.draft.value;
  if (!draft) return;
  try {
    const edited = await writeEntry(await asked(draft));
    await saved(edited.name ?? draft.name.trim(), draft);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    if (error.status === 412) await meetOther();
    else take(error);
  }
}

async function saved(name: string, draft: Draft): Promise<void> {
  await Promise.all([readSite(), readReaders(), lookAtFile()]);
  look({ zone: name, new: null, floor: draft.floor || null });
  await openZone(name);
  savedAt.value = minute(nowMs());
}

/** Somebody else was faster: read what they made of it. */
async function meetOther(): Promise<void> {
  await readSite();
  const name = entry.value?.name ?? "";
  const zone = zones.value.find((each) => each.name === name) ?? null;
  conflict.value = { zone, entry: zone && (await readEntry("zones", name)) };
}

/** Save mine over theirs: what I did not change stays as they have it. */
export async function keepMine(): Promise<void> {
  const met = conflict.value;
  if (!met?.zone || !met.entry) return;
  entry.value = met.entry;
  conflict.value = null;
  await save();
}

export function takeTheirs(): void {
  const met = conflict.value;
  conflict.value = null;
  if (!met?.zone) {
    close();
    look({ zone: null });
    return;
  }
  entry.value = met.entry;
  open(editor, draftOf(met.zone));
}

/** Take the zone out of the site file. Throws RefusedError. */
export async function remove(): Promise<void> {
  const read = entry.value;
  if (!read) return;
  await removeEntry(read);
  close();
  look({ zone: null });
  await readSite();
}

/** Change a field; what was said of it before is out of date. */
export function fillIn(fields: Partial<Draft>): void {
  fill(editor, fields);
  savedAt.value = null;
  problems.value = new Map([...problems.value].filter(([field]) => !(field in fields)));
}

function take(error: RefusedError): void {
  const found = new Map<string, string>();
  for (const { field, message } of error.problem.errors ?? []) add(found, field, message);
  if (found.size === 0) found.set("", error.message);
  problems.value = found;
}

/** Warnings of the whole file; those about this zone are told. */
function warningsOf(warnings: readonly { key: string; message: string }[], draft: Draft) {
  const own = warnings.filter((each) => each.key.startsWith(`zones[${draft.name.trim()}]`));
  const found = new Map<string, string>();
  for (const { message } of own) found.set("warning", message);
  return found;
}

const FIELDS = new Set(["name", "was", "role", "floor", "parent", "polygon", "holes"]);

/** `zones[hall].polygon[2]` is about `polygon`; what is about no field of the page is told whole. */
function add(found: Map<string, string>, key: string, message: string): void {
  const own = key.replace(/^zones\[[^\]]*\]\.?/u, "");
  const field = own.split(/[.[]/u)[0] ?? "";
  const said = message.replace(/^line \d+: /u, "");
  const isShown = FIELDS.has(field);
  const at = isShown ? field : "";
  if (!found.has(at)) found.set(at, isShown || own === "" ? said : `${own}: ${said}`);
}
