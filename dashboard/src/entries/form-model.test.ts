import { describe, expect, it, test } from "vitest";
import schema from "../../../config/site.schema.json";
import type { Settings } from "./entry";
import {
  asText,
  type FormField,
  fieldsOf,
  inOrder,
  namesIn,
  numberIn,
  numbersIn,
  spoken,
  unitOf,
  valueAt,
  withKind,
  withValue,
} from "./form-model";
import { type KindPart, kindsIn } from "./schema";

const PARTS: readonly KindPart[] = ["rules", "channels", "readers"];
const KINDS = PARTS.flatMap((part) => {
  const kinds = kindsIn(schema, part);
  return [...kinds.byName].map(([kind, one]) => ({ part, kind, kinds, one }));
});

function fieldOf(part: KindPart, kind: string, key: string, values: Settings = {}): FormField {
  const kinds = kindsIn(schema, part);
  const found = fieldsOf(kinds.byName.get(kind) ?? {}, values, kinds).find(
    (each) => each.key === key,
  );
  if (!found) throw new Error(`${kind} has no ${key}`);
  return found;
}

test("every kind of rule, channel and reader has a form", () => {
  expect(KINDS.map((each) => each.kind)).toEqual(
    expect.arrayContaining(["exit", "tamper", "webhook", "apprise", "llrp", "mqtt", "serial"]),
  );
  expect(KINDS.length).toBe(13 + 6 + 7);
});

function groupsOf({ control }: FormField) {
  return control.as === "map" ? control.groups : [];
}

describe.each(KINDS)("a form for $part of kind $kind", ({ kinds, one }) => {
  const fields = fieldsOf(one, {}, kinds);

  it("has a field for each setting but the kind", () => {
    const keys = Object.keys(one.properties ?? {}).filter((each) => each !== kinds.key);
    expect(fields.map((each) => each.key)).toEqual(keys);
  });

  it("shows what must be, the name first", () => {
    const { shown } = inOrder(fields, {}, []);
    expect(shown[0]?.key).toBe("name");
    const wanted = (one.required ?? []).filter((each) => each !== kinds.key);
    expect(shown.map((each) => each.key)).toEqual(expect.arrayContaining(wanted));
  });

  it("leaves each setting as it was when a value is put in and taken out again", () => {
    const before = { name: "a", strange: { kept: [1, 2] } };
    for (const { path } of fields.filter((each) => each.key !== "name")) {
      const put = withValue(before, path, "x");
      expect(valueAt(put, path)).toBe("x");
      expect(withValue(put, path, undefined)).toEqual(before);
    }
  });
});

describe("a control", () => {
  it("is what the setting is", () => {
    expect(fieldOf("rules", "exit", "fence").control).toMatchObject({
      as: "names",
      refers: "zones",
    });
    expect(fieldOf("rules", "exit", "latch").control).toEqual({ as: "switch", on: true });
    expect(fieldOf("rules", "exit", "severity").control).toMatchObject({ as: "choice" });
    expect(fieldOf("rules", "exit", "confirm_s").control).toMatchObject({
      as: "number",
      unit: "s",
    });
    expect(fieldOf("rules", "exit", "assets").control).toMatchObject({ as: "group" });
    expect(fieldOf("rules", "crossing", "direction").control).toEqual({
      as: "choice",
      choices: ["outbound", "inbound", "any"],
    });
    expect(fieldOf("readers", "llrp", "zone").control).toEqual({ as: "name", refers: "zones" });
    expect(fieldOf("channels", "webhook", "secret").control).toEqual({ as: "text", secret: true });
  });

  it("of groups by a key is a group for each that there is", () => {
    const antennas = { "1": { zone: "hall", at_m: [1, 2] }, "2": {} };
    const { control } = fieldOf("readers", "llrp", "antennas", { antennas });
    if (control.as !== "map") throw new Error(control.as);
    expect(control.groups.map((each) => each.key)).toEqual(["1", "2"]);
    const [zone] = control.groups[0]?.fields ?? [];
    expect(zone).toMatchObject({ path: ["antennas", "1", "zone"], control: { refers: "zones" } });
    expect(control.groups[1]?.fields.find((each) => each.key === "at_m")?.control).toEqual({
      as: "numbers",
    });
  });

  it("is text of its own where a field would be too small", () => {
    expect(fieldOf("readers", "llrp", "tx_power_dbm").control).toEqual({ as: "json" });
    expect(fieldOf("rules", "exit", "escalate").control).toEqual({ as: "json" });
    const weekly = { schedule: { weekly: [] } };
    expect(fieldOf("rules", "exit", "schedule").control).toMatchObject({ as: "text" });
    expect(fieldOf("rules", "exit", "schedule", weekly).control).toEqual({ as: "json" });
  });

  it("is text of its own where the file holds what it can not show", () => {
    expect(fieldOf("rules", "exit", "fence", { fence: { all: true } }).control.as).toBe("json");
    expect(fieldOf("rules", "exit", "latch", { latch: "yes" }).control.as).toBe("json");
    const typed = { antennas: { "1": { at_m: "-" } } };
    const [group] = groupsOf(fieldOf("readers", "llrp", "antennas", typed));
    expect(group?.fields.find((each) => each.key === "at_m")?.control.as).toBe("numbers");
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the gateway puts the variable in
    const open = fieldOf("rules", "exit", "confirm_s", { confirm_s: "${WAIT_S}" });
    expect(open.control.as).toBe("number");
  });
});

test("a rule says first which assets it is for, then where they belong", () => {
  const kinds = kindsIn(schema, "rules");
  const fields = fieldsOf(kinds.byName.get("exit") ?? {}, {}, kinds);
  const keys = inOrder(fields, {}, ["assets", "fence"]).shown.map((each) => each.key);
  expect(keys).toEqual(["name", "assets", "fence"]);
});

describe("a value", () => {
  it("inside a group goes with its group", () => {
    const put = withValue({ name: "a" }, ["assets", "category"], "laptop");
    expect(put).toEqual({ name: "a", assets: { category: "laptop" } });
    expect(withValue(put, ["assets", "category"], undefined)).toEqual({ name: "a" });
  });

  it("inside a group by a key leaves the group there when it goes", () => {
    const put = withValue({}, ["antennas", "3", "zone"], "hall");
    expect(put).toEqual({ antennas: { "3": { zone: "hall" } } });
    expect(withValue(put, ["antennas", "3", "zone"], undefined)).toEqual({ antennas: { "3": {} } });
    expect(withValue(put, ["antennas", "3"], undefined)).toEqual({});
  });

  it("of several numbers is apart by commas", () => {
    expect(numbersIn("1.5, -2")).toEqual([1.5, -2]);
    expect(numbersIn("1.5, here")).toBe("1.5, here");
    expect(numbersIn("")).toBeUndefined();
    expect(asText([1.5, -2])).toBe("1.5, -2");
  });

  it("goes to another kind where that one knows it", () => {
    const kinds = kindsIn(schema, "rules");
    const exit = { name: "out", kind: "exit", fence: ["hall"], severity: "critical" };
    expect(withKind(exit, kinds, "dwell")).toEqual({
      name: "out",
      kind: "dwell",
      severity: "critical",
    });
  });

  it.each([
    ["", undefined],
    [" 2.5 ", 2.5],
    ["2,5", 2.5],
    ["-30", -30],
    ["soon", "soon"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the gateway puts the variable in
    ["${WAIT_S}", "${WAIT_S}"],
  ])("written as %j is %j", (text, value) => {
    expect(numberIn(text)).toBe(value);
  });

  it("of several names is apart by commas", () => {
    expect(namesIn(" hall, yard ,", false)).toEqual(["hall", "yard"]);
    expect(namesIn("hall", true)).toBe("hall");
    expect(namesIn(" , ", false)).toBeUndefined();
    expect(asText(["hall", "yard"])).toBe("hall, yard");
  });
});

test("a key without a word of its own is spoken without its unit", () => {
  expect(spoken("silent_after_s")).toBe("Silent after");
  expect(spoken("rssi_dbm_min")).toBe("Rssi min");
  expect(unitOf("rssi_dbm_min")).toBe("dBm");
  expect(unitOf("name")).toBe("");
  expect(unitOf("m")).toBe("");
});
