import { afterEach, describe, expect, it } from "vitest";
import type { Alert, Asset } from "../api/shape";
import { language } from "../preferences";
import { anAlert } from "./example";
import { alertPlace, sentenceOf, shortTag, stateWords } from "./sentence";

const laptop = { id: "LT-0417", name: "LT-0417", category: "laptop" } as Asset;
const known = { asset: laptop, roleOf: (zone: string) => (zone === "gate" ? "exit" : "storage") };
const say = (change: Partial<Alert>) => sentenceOf(anAlert(change), known);
const excursion = (peak: number, limit: number) => ({
  quantity: "temperature",
  unit: "°C",
  limit,
  started: anAlert().time,
  peak,
  peak_time: anAlert().time,
  ended: null,
});

afterEach(() => {
  language.value = "en";
});

const KINDS: [Partial<Alert>, string][] = [
  [{ kind: "exit" }, "Laptop LT-0417 left the building"],
  [{ kind: "exit", outside_now: true }, "Laptop LT-0417 is outside the building"],
  [{ kind: "exit", to: "store" }, "Laptop LT-0417 is in store, out of its zones"],
  [{ kind: "forbidden", to: "vault" }, "Laptop LT-0417 is in vault, where it must not be"],
  [{ kind: "enter", to: "office" }, "Laptop LT-0417 came into office"],
  [{ kind: "dwell", to: "bay" }, "Laptop LT-0417 has been in bay too long"],
  [{ kind: "missing" }, "Laptop LT-0417 is not heard any more"],
  [
    { kind: "crossing", portal: "Gate B", evidence: { estimate: { outbound: 0.97 } } },
    "Laptop LT-0417 went out through Gate B",
  ],
  [{ kind: "wrong_way", portal: "Gate B" }, "Laptop LT-0417 went the wrong way through Gate B"],
  [{ kind: "tailgate", portal: "Gate B" }, "Laptop LT-0417 went through Gate B without company"],
  [{ kind: "unaccompanied", to: "vault" }, "Laptop LT-0417 is in vault without company"],
  [
    { kind: "speed", excursion: { ...excursion(5, 3), quantity: "speed", unit: "m/s" } },
    "Laptop LT-0417 moves too fast: 5 m/s",
  ],
  [
    {
      kind: "count",
      asset: null,
      tag: "",
      to: "vault",
      excursion: { ...excursion(3, 2), unit: "" },
    },
    "Too many in vault: 3",
  ],
  [
    {
      kind: "count",
      asset: null,
      tag: "",
      to: "vault",
      excursion: { ...excursion(1, 2), unit: "" },
    },
    "Too few in vault: 1",
  ],
  [
    { kind: "sensor", asset: null, tag: "", sensor: "hub:fridge", excursion: excursion(8.4, 8) },
    "Fridge: temperature 8.4 °C",
  ],
  [
    { kind: "tamper", asset: null, tag: "", reader: "gate-1", antenna: 2 },
    "Antenna 2 of gate-1 is gone",
  ],
  [{ kind: "tamper", asset: null, tag: "", reader: "gate-1" }, "Reader gate-1 is gone"],
  [
    { kind: "blind", asset: null, tag: "", zones: ["a", "b", "c", "d"] },
    "Nobody hears a, b and 2 more",
  ],
  [{ kind: "offline", asset: null, tag: "", reader: "gate-1" }, "Reader gate-1 does not answer"],
  [{ kind: "clock", asset: null, tag: "", reader: null }, "The gateway's clock is off"],
  [{ kind: "conflict" }, "Laptop LT-0417 is heard in two places at once"],
  [{ kind: "overdue" }, "Laptop LT-0417 is not back in time"],
  [{ kind: "unknown_tag", asset: null }, "Unknown tag 3034…3c4d at gate"],
  [{ kind: "delivery", asset: null, tag: "", part: "guards" }, "Messages to guards do not arrive"],
  [{ kind: "disk", asset: null, tag: "" }, "The disk is nearly full"],
];

describe("the sentence of an alert", () => {
  for (const [change, sentence] of KINDS) {
    it(`says: ${sentence}`, () => expect(say(change)).toBe(sentence));
  }

  it("says the rule of a kind that is not known yet", () => {
    expect(say({ kind: "levitation" })).toBe("Laptop LT-0417: laptops stay in");
  });

  it("does not repeat the category where the name has it", () => {
    const asset = { ...laptop, name: "Laptop 1" };
    expect(sentenceOf(anAlert(), { ...known, asset })).toBe("Laptop 1 left the building");
  });

  it("names the id while the asset is not known", () => {
    expect(sentenceOf(anAlert(), { ...known, asset: null })).toBe("LT-0417 left the building");
  });

  it("says that it is a drill", () => {
    expect(say({ test: true })).toBe("Drill: Laptop LT-0417 left the building");
  });

  it("leaves names from outside as they are", () => {
    const asset = { ...laptop, name: "<img onerror=x>", category: "" };
    expect(sentenceOf(anAlert(), { ...known, asset })).toBe("<img onerror=x> left the building");
  });

  it("speaks German, too, for every kind", () => {
    const english = KINDS.map(([change]) => say(change));
    language.value = "de";
    const german = KINDS.map(([change]) => say(change));
    expect(german[0]).toBe("Laptop LT-0417 hat das Gebäude verlassen");
    expect(german.filter((each, n) => each === english[n])).toEqual([]);
    expect(german).toContain("Fridge: temperature 8,4 °C");
  });
});

describe("beneath the sentence", () => {
  it("stands the way, and the portal where that says more", () => {
    expect(alertPlace(anAlert())).toBe("lobby → gate");
    expect(alertPlace(anAlert({ portal: "Gate B" }))).toBe("lobby → gate, Gate B");
  });

  it("stands where it was last of what is missing", () => {
    expect(alertPlace(anAlert({ kind: "missing", to: null }))).toBe("last in lobby");
  });

  it("stands how it stands", () => {
    const acknowledged = { by: "Guard 1", at: anAlert().time, note: "" };
    expect(stateWords(anAlert({ state: "latched", acknowledged }))).toBe(
      "Over, acknowledged by Guard 1",
    );
    expect(stateWords(anAlert({ state: "suppressed", suppressed_by: "reader:gate-1" }))).toBe(
      "Nobody is told: reader gate-1 is down",
    );
  });

  it("shortens long tags in the middle", () => {
    expect(shortTag("3034257bf46db6491a2b3c4d")).toBe("3034…3c4d");
    expect(shortTag("code:12")).toBe("code:12");
  });
});
