/** A zone as it is being edited, and what is to be sent of it. */
import type { Zone } from "../api/shape";
import { type Point, type Ring, rounded } from "./geometry";
import { isSameShape, NO_OUTLINE, type Outline } from "./model";
import type { Neighbour } from "./validity";

export type Role = Zone["role"];
export const ROLES = ["storage", "receiving", "transit", "shipping", "exit", "service"] as const;

export interface Draft {
  readonly name: string;
  readonly role: Role;
  readonly floor: string;
  readonly parent: string;
  readonly outline: Outline;
}

/** The entry of a zone as the site file has it; further keys are left alone. */
export type Settings = Record<string, unknown>;

const SHAPES = ["polygon", "holes", "polygons", "circle", "corridor", "geo"];

/** A zone that is not there yet. */
export function newDraft(floor: string): Draft {
  return { name: "", role: "storage", floor, parent: "", outline: NO_OUTLINE };
}

export function draftOf(zone: Zone): Draft {
  const corners = ringsOf(zone)[0] ?? [];
  return {
    name: zone.name,
    role: zone.role,
    floor: zone.floor ?? "",
    parent: zone.parent ?? "",
    outline: { corners: isEditable(zone) ? corners.map(rounded) : [], picked: null },
  };
}

/** Whether its shape is one outline: circles, corridors and several outlines are drawn anew. */
export function isEditable(zone: Zone): boolean {
  return zone.shape === null || zone.shape === "polygon";
}

/** The outer outlines of a zone in metres; arcs in steps. */
export function ringsOf(zone: Zone): Ring[] {
  const coordinates: unknown = zone.geometry?.["coordinates"];
  if (!Array.isArray(coordinates)) return [];
  const polygons = zone.geometry?.["type"] === "MultiPolygon" ? coordinates : [coordinates];
  return polygons.flatMap((rings: unknown) => {
    const ring: unknown = Array.isArray(rings) ? rings[0] : null;
    return Array.isArray(ring) ? [closed(ring.filter(isPoint))] : [];
  });
}

function isPoint(value: unknown): value is Point {
  return Array.isArray(value) && typeof value[0] === "number" && typeof value[1] === "number";
}

/** GeoJSON says the first corner again at the end. */
function closed(points: readonly Point[]): Ring {
  const [first, last] = [points[0], points.at(-1)];
  const isClosed = points.length > 1 && first?.[0] === last?.[0] && first?.[1] === last?.[1];
  return (isClosed ? points.slice(0, -1) : points).map(([x, y]) => [x, y] as const);
}

/** The other zones of a floor; those without a floor lie on all. */
export function neighboursOf(zones: readonly Zone[], floor: string, except: string): Neighbour[] {
  return zones
    .filter((zone) => zone.name !== except && (zone.floor === null || zone.floor === floor))
    .map((zone) => ({ name: zone.name, rings: ringsOf(zone) }))
    .filter((zone) => zone.rings.length > 0);
}

export type Part = "name" | "role" | "floor" | "parent" | "outline";

/** What was changed. */
export function differences(was: Draft, now: Draft): Part[] {
  const parts: Part[] = (["name", "role", "floor", "parent"] as const).filter(
    (part) => was[part].trim() !== now[part].trim(),
  );
  const isSame = isSameShape(was.outline.corners, now.outline.corners);
  return isSame ? parts : [...parts, "outline"];
}

/** A merge patch from what the zone was; null takes a key out. */
export function patchOf(was: Draft, now: Draft, settings: Settings): Settings {
  const patch: Settings = {};
  for (const part of differences(was, now)) {
    if (part === "outline") Object.assign(patch, shapePatch(now, settings));
    else if (part === "floor" || part === "parent") patch[part] = now[part] || null;
    else patch[part] = now[part].trim();
  }
  return patch;
}

function shapePatch(now: Draft, settings: Settings): Settings {
  const patch: Settings = {};
  for (const key of SHAPES) if (key in settings && key !== "holes") patch[key] = null;
  if ("geo" in settings && "holes" in settings) patch["holes"] = null;
  if (now.outline.corners.length > 0) patch["polygon"] = now.outline.corners;
  return patch;
}

/** The whole entry of a new zone. */
export function entryOf({ name, role, floor, parent, outline }: Draft): Settings {
  const entry: Settings = { name: name.trim() };
  if (floor) entry["floor"] = floor;
  entry["role"] = role;
  if (parent) entry["parent"] = parent;
  if (outline.corners.length > 0) entry["polygon"] = outline.corners;
  return entry;
}
