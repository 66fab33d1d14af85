/** What is asked about a reader, by driver, and the entry of the site file that comes of it. */
import type { Settings } from "../../entries/entry";

export const DRIVERS = ["llrp", "serial", "mqtt", "http"] as const;
export type Driver = (typeof DRIVERS)[number];

export const PROTOCOLS = ["m100", "r200", "uhfreader18", "uhfreader288", "metratec"] as const;
export const FORMATS: Record<"mqtt" | "http", readonly string[]> = {
  mqtt: ["tagwarden", "impinj", "zebra", "espresense", "openmqttgateway", "owntracks"],
  http: ["tagwarden", "impinj", "zebra", "owntracks", "traccar"],
};

/** A row: the number of an antenna, or the name of a device behind a broker, and its zone. */
export interface ReadPointRow {
  readonly id: string;
  readonly zone: string;
}

export interface ReaderForm {
  readonly driver: Driver;
  readonly name: string;
  readonly address: string;
  readonly protocol: string;
  readonly topic: string;
  readonly format: string;
  readonly rows: readonly ReadPointRow[];
}

/** Pushes come when there is something to push, so silence for a day is no fault. */
const PUSH_SILENT_AFTER_S = 86_400;

export function emptyForm(driver: Driver, zone: string, name = ""): ReaderForm {
  return {
    driver,
    name,
    address: "",
    protocol: "m100",
    topic: "",
    format: "tagwarden",
    rows: [{ id: driver === "mqtt" ? "" : "1", zone }],
  };
}

export type FormFault = "name" | "address" | "topic" | "rows";

/** Which field is not filled in as it has to be; null where all are. */
export function faultOf(form: ReaderForm): FormFault | null {
  if (!form.name.trim()) return "name";
  if (!isAddress(form)) return "address";
  if (form.driver === "mqtt" && !form.topic.trim()) return "topic";
  const ids = form.rows.map((row) => row.id.trim());
  const isNumber = (id: string) => /^[1-9]\d{0,4}$/u.test(id);
  const isFit = form.driver === "mqtt" ? ids.every(Boolean) : ids.every(isNumber);
  return isFit && new Set(ids).size === ids.length ? null : "rows";
}

/** Whether the address looks like one; whether somebody answers there shows once it is saved. */
function isAddress({ driver, address }: ReaderForm): boolean {
  const text = address.trim();
  switch (driver) {
    case "llrp":
      return /^(\[[0-9A-Fa-f:.]+\]|[^\s:[\]/]+)(:\d{1,5})?$/u.test(text);
    case "serial":
      return /^(\/dev\/\S+|(socket|rfc2217):\/\/\S+:\d+|COM\d+)$/u.test(text);
    case "mqtt":
      return /^mqtts?:\/\/[^\s/]+$/u.test(text);
    case "http":
      return true;
  }
}

/** The entry, as it is to stand in the site file. */
export function entryOf(form: ReaderForm): Settings {
  const { driver, address } = form;
  const entry: Settings = { name: form.name.trim(), driver };
  switch (driver) {
    case "llrp":
      return { ...entry, address: address.trim(), antennas: antennasOf(form.rows) };
    case "serial":
      return { ...entry, protocol: form.protocol, port: address.trim(), zone: form.rows[0]?.zone };
    case "mqtt": {
      const subscribe = [{ topic: form.topic.trim(), format: form.format }];
      const devices = Object.fromEntries(form.rows.map(({ id, zone }) => [id.trim(), { zone }]));
      return { ...entry, address: address.trim(), subscribe, devices };
    }
    case "http":
      return {
        ...entry,
        format: form.format,
        silent_after_s: PUSH_SILENT_AFTER_S,
        antennas: antennasOf(form.rows),
      };
  }
}

function antennasOf(rows: readonly ReadPointRow[]): Settings {
  return Object.fromEntries(rows.map(({ id, zone }) => [id.trim(), { zone }]));
}
