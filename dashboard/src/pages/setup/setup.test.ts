import { describe, expect, test } from "vitest";
import { emptyForm, entryOf, faultOf, type ReaderForm } from "./reader-form";
import { firstOpen, type Installed, isNeeded, stepAfter } from "./steps";

const NOTHING: Installed = { floors: [], zones: [{ shape: null }], readers: [], rules: [] };

describe("steps", () => {
  test("begin with what is missing, in order", () => {
    expect(firstOpen(NOTHING)).toBe("plan");
    const floored = { ...NOTHING, floors: [{ name: "ground" }] };
    expect(firstOpen(floored)).toBe("zone");
    const drawn: Installed = { ...floored, zones: [{ shape: "polygon" }] };
    expect(firstOpen(drawn)).toBe("reader");
    expect(firstOpen({ ...drawn, readers: [{ name: "gate-1" }] })).toBe("rule");
  });

  test("rules of the gateway itself are no rule of the site", () => {
    const all: Installed = {
      floors: [{ name: "ground" }],
      zones: [{ shape: "polygon" }],
      readers: [{ name: "gate-1" }],
      rules: [{ name: "system: blind" }],
    };
    expect(firstOpen(all)).toBe("rule");
    expect(isNeeded(all)).toBe(false);
  });

  test("needed as long as there is no reader or no drawn zone", () => {
    expect(isNeeded(NOTHING)).toBe(true);
    expect(isNeeded({ ...NOTHING, readers: [{ name: "gate-1" }] })).toBe(true);
  });

  test("the last step stays the last", () => {
    expect(stepAfter("rule")).toBe("done");
    expect(stepAfter("done")).toBe("done");
  });
});

describe("a reader", () => {
  const gate: ReaderForm = {
    ...emptyForm("llrp", "gate", "gate-1"),
    address: "10.0.0.21:5084",
    rows: [
      { id: "1", zone: "hall" },
      { id: "2", zone: "gate" },
    ],
  };

  test("an LLRP reader has an address and antennas by number", () => {
    expect(faultOf(gate)).toBeNull();
    expect(entryOf(gate)).toEqual({
      name: "gate-1",
      driver: "llrp",
      address: "10.0.0.21:5084",
      antennas: { 1: { zone: "hall" }, 2: { zone: "gate" } },
    });
  });

  test("what is missing is named", () => {
    expect(faultOf({ ...gate, name: " " })).toBe("name");
    expect(faultOf({ ...gate, address: "http://10.0.0.21/" })).toBe("address");
    expect(faultOf({ ...gate, rows: [{ id: "0", zone: "hall" }] })).toBe("rows");
    expect(faultOf({ ...gate, rows: [...gate.rows, { id: "1", zone: "hall" }] })).toBe("rows");
  });

  test("addresses of each driver are told apart", () => {
    const with_ = (driver: ReaderForm["driver"], address: string) =>
      faultOf({
        ...emptyForm(driver, "hall", "r"),
        address,
        topic: "t/#",
        rows: [{ id: "1", zone: "hall" }],
      });
    expect(with_("llrp", "[::1]:5084")).toBeNull();
    expect(with_("llrp", "reader 1")).toBe("address");
    expect(with_("serial", "/dev/ttyUSB0")).toBeNull();
    expect(with_("serial", "socket://10.0.0.40:6000")).toBeNull();
    expect(with_("serial", "ttyUSB0")).toBe("address");
    expect(with_("mqtt", "mqtt://10.0.0.5:1883")).toBeNull();
    expect(with_("mqtt", "10.0.0.5")).toBe("address");
    expect(with_("http", "")).toBeNull();
  });

  test("a broker has topics, and devices by name", () => {
    const form: ReaderForm = {
      ...emptyForm("mqtt", "hall", "sensors"),
      address: "mqtt://10.0.0.5",
      topic: "zebra/+/tags",
      format: "zebra",
      rows: [{ id: "FX-1", zone: "hall" }],
    };
    expect(entryOf(form)).toMatchObject({
      subscribe: [{ topic: "zebra/+/tags", format: "zebra" }],
      devices: { "FX-1": { zone: "hall" } },
    });
    expect(faultOf({ ...form, topic: "" })).toBe("topic");
  });

  test("a pushing source may be silent for a day", () => {
    expect(entryOf(emptyForm("http", "hall", "handhelds"))).toEqual({
      name: "handhelds",
      driver: "http",
      format: "tagwarden",
      silent_after_s: 86_400,
      antennas: { 1: { zone: "hall" } },
    });
  });
});
