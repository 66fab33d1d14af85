/** The JSON Schema of the site file, as far as its entries are edited by forms. */
import type { Part } from "./entry";

/** What is used of JSON Schema. */
export interface Schema {
  readonly $ref?: string;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly additionalProperties?: Schema | boolean;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

export type Defs = Readonly<Record<string, Schema>>;

/** The kinds of one part of the file, and the key that names the kind. */
export interface Kinds {
  readonly key: "kind" | "driver";
  readonly byName: ReadonlyMap<string, Schema>;
  readonly defs: Defs;
}

/** The parts that have kinds. */
export type KindPart = Extract<Part, "rules" | "channels" | "readers">;

interface SiteSchema {
  readonly $defs: Defs;
  readonly properties: Readonly<Record<string, Schema>>;
}

/** Loaded when the first form is opened: no page needs it to begin. */
export async function readKinds(part: KindPart): Promise<Kinds> {
  const file = await import("../../../config/site.schema.json");
  return kindsIn(file.default as SiteSchema, part);
}

export function kindsIn(schema: SiteSchema, part: KindPart): Kinds {
  const key = part === "readers" ? "driver" : "kind";
  const items = schema.properties[part]?.items;
  const byName = new Map<string, Schema>();
  for (const each of items?.anyOf ?? items?.oneOf ?? []) {
    const found = resolved(each, schema.$defs);
    const name = found.properties?.[key]?.const;
    if (typeof name === "string") byName.set(name, found);
  }
  return { key, byName, defs: schema.$defs };
}

/** What a schema stands for. */
export function resolved(schema: Schema, defs: Defs): Schema {
  if (schema.$ref === undefined) return schema;
  const { $ref, ...beside } = schema;
  const found = defs[$ref.replace("#/$defs/", "")] ?? {};
  return { ...found, ...beside };
}
