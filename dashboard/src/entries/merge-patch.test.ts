import { expect, test } from "vitest";
import type { Settings } from "./entry";
import { mergePatch, patched } from "./merge-patch";

/** RFC 7396, section 2. */
function applied(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const made: Settings =
    typeof target === "object" && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete made[key];
    else made[key] = applied(made[key], value);
  }
  return made;
}

const BEFORE = {
  name: "out",
  kind: "exit",
  assets: { category: "laptop", group: "IT" },
  fence: ["hall"],
};

test.each<[string, Settings]>([
  ["nothing", BEFORE],
  ["a value", { ...BEFORE, kind: "dwell" }],
  ["a key less", { name: "out", kind: "exit" }],
  ["a nested key less", { ...BEFORE, assets: { category: "laptop" } }],
  ["a list", { ...BEFORE, fence: ["hall", "office"] }],
  ["an object where a list was", { ...BEFORE, fence: { all: true } }],
])("the patch of %s makes the new entry of the old one", (_, after) => {
  expect(applied(BEFORE, mergePatch(BEFORE, after))).toEqual(after);
});

test("what did not change is not in the patch", () => {
  expect(mergePatch(BEFORE, { ...BEFORE, severity: "critical" })).toEqual({ severity: "critical" });
});

test("a patch put on what it was made of is what it was made for", () => {
  const before = {
    name: "a",
    assets: { category: "laptop", tag: "1" },
    fence: ["hall"],
    latch: true,
  };
  const after = { name: "a", assets: { category: "tablet" }, fence: ["hall", "yard"], late: "say" };
  expect(patched(before, mergePatch(before, after))).toEqual(after);
  expect(patched({ ...before, severity: "info" }, mergePatch(before, after))).toEqual({
    ...after,
    severity: "info",
  });
});
