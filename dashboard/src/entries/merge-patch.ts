/** JSON merge patches (RFC 7396). */
import type { Settings } from "./entry";

/** What makes `after` of `before`: what is gone is null; lists are written whole. */
export function mergePatch(before: Settings, after: Settings): Settings {
  const patch: Settings = {};
  for (const key of Object.keys(before)) if (!(key in after)) patch[key] = null;
  for (const [key, value] of Object.entries(after)) {
    const was = before[key];
    if (JSON.stringify(was) === JSON.stringify(value)) continue;
    patch[key] = isPlain(was) && isPlain(value) ? mergePatch(was, value) : value;
  }
  return patch;
}

function isPlain(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
