/** Which fields a form has for an entry, made of its schema; the entry itself is what is edited. Pure. */
import type { Settings } from "./entry";
import { type Defs, type Kinds, resolved, type Schema } from "./schema";

/** Where a value is in an entry. */
export type Path = readonly string[];

export type Control =
  | { readonly as: "text"; readonly secret: boolean }
  | { readonly as: "number"; readonly whole: boolean; readonly unit: string }
  | { readonly as: "switch"; readonly on: boolean }
  | { readonly as: "choice"; readonly choices: readonly string[] }
  | { readonly as: "names"; readonly refers: Refers | null; readonly oneAsText: boolean }
  | { readonly as: "name"; readonly refers: Refers }
  | { readonly as: "numbers" }
  | { readonly as: "group"; readonly fields: readonly FormField[] }
  /** Groups by a key that people choose, such as antennas by their number. */
  | { readonly as: "map"; readonly groups: readonly MapGroup[] }
  | { readonly as: "json" };

export interface MapGroup {
  readonly key: string;
  readonly fields: readonly FormField[];
}

/** What names of the site file a value names. */
export type Refers = "zones" | "channels" | "portals" | "readers";

export interface FormField {
  readonly key: string;
  readonly path: Path;
  readonly required: boolean;
  /** What holds where it is not set, as text; empty where that is nothing. */
  readonly usual: string;
  readonly description: string;
  readonly control: Control;
}

const REFERS: Readonly<Record<string, Refers>> = {
  fence: "zones",
  zones: "zones",
  zone: "zones",
  notify: "channels",
  portals: "portals",
  readers: "readers",
};
const UNITS: Readonly<Record<string, string>> = {
  s: "s",
  ms: "ms",
  m: "m",
  mps: "m/s",
  dbm: "dBm",
  db: "dB",
};
/** How deep groups go; what lies deeper is text. */
const DEEPEST = 1;

/** The fields of a kind in the order of its schema, for the values that are there. */
export function fieldsOf(schema: Schema, values: Settings, kinds: Kinds): FormField[] {
  return fieldsIn(schema, values, [], kinds.defs).filter(({ key }) => key !== kinds.key);
}

interface About {
  readonly defs: Defs;
  readonly required: ReadonlySet<string>;
  readonly path: Path;
}

function fieldOf(key: string, schema: Schema, value: unknown, about: About): FormField {
  const path = [...about.path, key];
  const control = controlOf(key, alternatives(schema, about.defs), path, value, about.defs);
  return {
    key,
    path,
    required: about.required.has(key),
    usual: usualOf(schema.default, control),
    description: schema.description ?? "",
    control: suits(control, value) ? control : { as: "json" },
  };
}

function usualOf(value: unknown, control: Control): string {
  const text = control.as === "group" || control.as === "map" ? "" : asText(value);
  return text && control.as === "number" && control.unit ? `${text} ${control.unit}` : text;
}

/** What a value may be, without null, which is the same as not being there. */
function alternatives(schema: Schema, defs: Defs): Schema[] {
  const found = resolved(schema, defs);
  const inner = found.anyOf ?? found.oneOf;
  if (!inner) return [found];
  return inner.flatMap((each) => alternatives(each, defs)).filter(({ type }) => type !== "null");
}

function controlOf(
  key: string,
  some: readonly Schema[],
  path: Path,
  value: unknown,
  defs: Defs,
): Control {
  const choices = some.flatMap((each) => each.enum ?? ("const" in each ? [each.const] : []));
  if (some.every((each) => each.enum || "const" in each))
    return { as: "choice", choices: choices.map(String) };
  const [one, other, ...more] = some;
  if (!one || more.length > 0) return { as: "json" };
  if (other) return ofTwo(key, one, other, value);
  return ofOne(key, one, path, value, defs);
}

/** A name or several, a name or something larger. */
function ofTwo(key: string, one: Schema, other: Schema, value: unknown): Control {
  if (one.type !== "string") return { as: "json" };
  if (other.type === "array" && other.items?.type === "string")
    return { as: "names", refers: REFERS[key] ?? null, oneAsText: true };
  const isName = value === undefined || value === null || typeof value === "string";
  return isName ? { as: "text", secret: false } : { as: "json" };
}

function ofOne(key: string, schema: Schema, path: Path, value: unknown, defs: Defs): Control {
  const refers = REFERS[key];
  switch (schema.type) {
    case "string":
      return refers ? { as: "name", refers } : { as: "text", secret: schema.format === "password" };
    case "number":
    case "integer":
      return { as: "number", whole: schema.type === "integer", unit: unitOf(key) };
    case "boolean":
      return { as: "switch", on: schema.default === true };
    case "array":
      return ofArray(schema, refers);
    default:
      return groupOf(schema, path, value, defs) ?? mapOf(schema, path, value, defs);
  }
}

function ofArray({ items, prefixItems }: Schema, refers: Refers | undefined): Control {
  if (items?.type === "string") return { as: "names", refers: refers ?? null, oneAsText: false };
  const areNumbers = prefixItems?.every((each) => each.type === "number");
  return areNumbers ? { as: "numbers" } : { as: "json" };
}

function mapOf(schema: Schema, path: Path, value: unknown, defs: Defs): Control {
  const { additionalProperties: each } = schema;
  if (typeof each !== "object" || path.length > DEEPEST) return { as: "json" };
  const inner = resolved(each, defs);
  if (!inner.properties) return { as: "json" };
  const groups = Object.entries(isSettings(value) ? value : {}).map(([key, one]) => ({
    key,
    fields: fieldsIn(inner, isSettings(one) ? one : {}, [...path, key], defs),
  }));
  return { as: "map", groups };
}

function fieldsIn(schema: Schema, values: Settings, path: Path, defs: Defs): FormField[] {
  const about = { defs, required: new Set(schema.required), path };
  return Object.entries(schema.properties ?? {}).map(([key, each]) =>
    fieldOf(key, each, values[key], about),
  );
}

function groupOf(schema: Schema, path: Path, value: unknown, defs: Defs): Control | null {
  if (!schema.properties || path.length > DEEPEST) return null;
  const fields = fieldsIn(schema, isSettings(value) ? value : {}, path, defs);
  return { as: "group", fields };
}

/** Whether a control can show a value; a text of the file such as `${NAME}` may stand for any. */
function suits(control: Control, value: unknown): boolean {
  if (value === undefined || value === null) return true;
  switch (control.as) {
    case "switch":
      return typeof value === "boolean";
    case "names":
      return Array.isArray(value)
        ? value.every((each) => typeof each === "string")
        : control.oneAsText && typeof value === "string";
    case "numbers":
      return typeof value === "string" || isNumbers(value);
    case "group":
      return isSettings(value);
    case "map":
      return isSettings(value) && Object.values(value).every(isSettings);
    case "json":
      return true;
    default:
      return typeof value !== "object";
  }
}

function isNumbers(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "number");
}

export function isSettings(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `m` of `height_m`; empty for what has no unit. */
export function unitOf(key: string): string {
  const parts = key.split("_");
  const last = parts.findLast((each) => each in UNITS && each !== parts[0]);
  return last === undefined ? "" : (UNITS[last] ?? "");
}

/** `silent after` of `silent_after_s`: a key without its unit, for who has no word for it. */
export function spoken(key: string): string {
  const parts = key.split("_").filter((each, at) => at === 0 || !(each in UNITS));
  const text = parts.join(" ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The value at a path. */
export function valueAt(settings: Settings, path: Path): unknown {
  return path.reduce<unknown>((at, key) => (isSettings(at) ? at[key] : undefined), settings);
}

/** The settings with another value at a path; undefined takes it out, and its group if that is empty. */
export function withValue(settings: Settings, path: Path, value: unknown): Settings {
  const made = put(settings, path, value);
  const [group = ""] = path;
  const inner = made[group];
  const isEmpty = path.length === 2 && isSettings(inner) && Object.keys(inner).length === 0;
  return isEmpty ? put(made, [group], undefined) : made;
}

function put(settings: Settings, [key, ...more]: Path, value: unknown): Settings {
  if (key === undefined) return settings;
  const inner = settings[key];
  const next = more.length ? put(isSettings(inner) ? inner : {}, more, value) : value;
  if (next !== undefined) return { ...settings, [key]: next };
  return Object.fromEntries(Object.entries(settings).filter(([each]) => each !== key));
}

/** The settings as those of another kind: what that one does not know is left behind. */
export function withKind(settings: Settings, kinds: Kinds, kind: string): Settings {
  const known = kinds.byName.get(kind)?.properties ?? {};
  const kept = Object.entries(settings).filter(([key]) => key in known);
  return { ...Object.fromEntries(kept), [kinds.key]: kind };
}

/** How a value is shown in a field. */
export function asText(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value) && value.every((each) => typeof each !== "object"))
    return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** What a text in a field stands for; a number that is none stays text, and is refused as such. */
export function numberIn(text: string): number | string | undefined {
  const trimmed = text.trim().replace(",", ".");
  if (!trimmed) return undefined;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : text.trim();
}

/** Names that are apart by commas; undefined where there is none. */
export function namesIn(text: string, oneAsText: boolean): string[] | string | undefined {
  const names = text
    .split(",")
    .map((each) => each.trim())
    .filter(Boolean);
  if (names.length === 0) return undefined;
  return oneAsText && names.length === 1 ? names[0] : names;
}

/** Numbers that are apart by commas; text where one is none, which is refused as such. */
export function numbersIn(text: string): unknown {
  const parts = text
    .split(/[,;\s]+/u)
    .filter(Boolean)
    .map(numberIn);
  if (parts.length === 0) return undefined;
  return parts.every((each) => typeof each === "number") ? parts : text.trim();
}

/** The fields that must be, that come first or that are set; and the others. */
export function inOrder(
  fields: readonly FormField[],
  settings: Settings,
  first: readonly string[],
): { shown: FormField[]; more: FormField[] } {
  const isShown = (field: FormField) =>
    field.required || first.includes(field.key) || settings[field.key] !== undefined;
  const rank = (field: FormField) => {
    const at = first.indexOf(field.key);
    if (field.key === "name") return -2;
    if (at >= 0) return at;
    return field.required ? -1 : first.length;
  };
  const shown = fields.filter(isShown).sort((one, other) => rank(one) - rank(other));
  return { shown, more: fields.filter((each) => !isShown(each)) };
}
