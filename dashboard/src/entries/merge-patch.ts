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

/** `before` with a patch put on it. */
export function patched(before: Settings, patch: Settings): Settings {
  const after = { ...before };
  for (const [key, value] of Object.entries(patch)) {
    const was = after[key];
    if (value === null) delete after[key];
    else after[key] = isPlain(was) && isPlain(value) ? patched(was, value) : value;
  }
  return after;
}

function isPlain(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
