/** What an alert says in one sentence: what happened, to whom, where. */
import type { Alert, Asset } from "../api/shape";
import { assetById } from "../live/assets";
import { decimal } from "../numbers";
import { zoneByName } from "../site";
import { when } from "../times";
import { words } from "../words";

/** What a sentence needs to know beside the alert. */
export interface Known {
  readonly asset: Asset | null;
  /** The role of a zone, such as `exit`; empty where it is not known. */
  readonly roleOf: (zone: string) => string;
}

/** `Laptop LT-0417 left the building`. Reading subscribes to names, zones and the language. */
export function alertSentence(alert: Alert): string {
  return sentenceOf(alert, {
    asset: alert.asset === null ? null : assetOf(alert.asset),
    roleOf: (zone) => zoneByName.value.get(zone)?.role ?? "",
  });
}

/** The asset, as far as the register is known by now. Reading subscribes. */
export function assetOf(id: string): Asset | null {
  return assetById.value.get(id) ?? null;
}

/** Who it is about: `Laptop LT-0417`, or the tag where no asset carries it. */
export function whoOf(alert: Alert, asset: Asset | null): string {
  if (alert.asset === null) return alert.tag ? words().alarms.tagNamed(shortTag(alert.tag)) : "";
  const name = asset?.name || alert.asset;
  const category = asset?.category ?? "";
  const says = category === "" || name.toLowerCase().includes(category.toLowerCase());
  return upperFirst(says ? name : `${category} ${name}`);
}

/** For a tag on the plan: the asset's own name, or the end of the tag. */
export function shortName(alert: Alert): string {
  if (alert.asset !== null) return assetOf(alert.asset)?.name || alert.asset;
  return alert.tag ? shortTag(alert.tag) : (alert.reader ?? alert.to ?? alert.from ?? "");
}

/** `3034…9A21` of a long tag. */
export function shortTag(tag: string): string {
  const signs = [...tag];
  return signs.length <= 12 ? tag : `${signs.slice(0, 4).join("")}…${signs.slice(-4).join("")}`;
}

type Say = (alert: Alert, known: Known, who: string) => string;

/** By kind of rule. A kind that is not here says its rule. */
const SAY: Record<string, Say> = {
  exit: (alert, known, who) => {
    const told = words().alarms.sentences;
    const isOut = alert.to === null || known.roleOf(alert.to) === "exit";
    if (!isOut) return told.outsideFence(who, alert.to ?? "");
    return alert.outside_now ? told.isOutside(who) : told.left(who);
  },
  forbidden: (alert, _, who) => words().alarms.sentences.forbidden(who, placeOf(alert)),
  enter: (alert, _, who) => words().alarms.sentences.came(who, placeOf(alert)),
  dwell: (alert, _, who) => words().alarms.sentences.stays(who, placeOf(alert)),
  missing: (_alert, _, who) => words().alarms.sentences.missing(who),
  crossing: (alert, _, who) =>
    words().alarms.sentences.crossed[directionOf(alert)](who, alert.portal ?? ""),
  wrong_way: (alert, _, who) => words().alarms.sentences.wrongWay(who, alert.portal ?? ""),
  tailgate: (alert, _, who) => words().alarms.sentences.tailgate(who, alert.portal ?? ""),
  unaccompanied: (alert, _, who) => words().alarms.sentences.alone(who, placeOf(alert)),
  speed: (alert, _, who) => words().alarms.sentences.tooFast(who, amountOf(alert)),
  count: (alert) => {
    const told = words().alarms.sentences;
    const over = !alert.excursion || alert.excursion.peak > alert.excursion.limit;
    const count = String(alert.excursion?.peak ?? "");
    return over ? told.tooMany(placeOf(alert), count) : told.tooFew(placeOf(alert), count);
  },
  sensor: (alert) =>
    words().alarms.sentences.sensor(
      upperFirst(deviceOf(alert.sensor ?? "")),
      alert.excursion?.quantity ?? "",
      amountOf(alert),
    ),
  tamper: (alert) =>
    alert.antenna === null
      ? words().alarms.sentences.readerGone(alert.reader ?? "")
      : words().alarms.sentences.antennaGone(alert.reader ?? "", alert.antenna),
  blind: (alert) => words().alarms.sentences.blind(zonesOf(alert)),
  offline: (alert) => words().alarms.sentences.offline(alert.reader ?? ""),
  clock: (alert) => words().alarms.sentences.clock(alert.reader),
  conflict: (_alert, _, who) => words().alarms.sentences.conflict(who),
  overdue: (_alert, _, who) => words().alarms.sentences.overdue(who),
  unknown_tag: (alert) =>
    words().alarms.sentences.stranger(shortTag(alert.tag ?? ""), placeOf(alert)),
  store: () => words().alarms.sentences.store,
  disk: () => words().alarms.sentences.disk,
  history: (alert) => words().alarms.sentences.history(alert.part ?? ""),
  delivery: (alert) => words().alarms.sentences.delivery(alert.part ?? ""),
};

/** The sentence of an alert, given what it speaks of. */
export function sentenceOf(alert: Alert, known: Known): string {
  const who = whoOf(alert, known.asset);
  const say = SAY[alert.kind];
  const sentence = say ? say(alert, known, who) : who ? `${who}: ${alert.rule}` : alert.rule;
  return alert.test ? words().alarms.drill(sentence) : sentence;
}

/** Beneath the sentence: `hall → gate, dock-door`, and what there is to say more. */
export function alertPlace(alert: Alert): string {
  const way = wayOf(alert);
  const portal = alert.portal && !way.includes(alert.portal) ? alert.portal : "";
  return [way, portal, alert.excursion ? limitWords(alert.excursion) : alert.detail]
    .filter(Boolean)
    .join(", ");
}

function limitWords({ peak, limit, unit }: NonNullable<Alert["excursion"]>): string {
  const told = words().alarms;
  return (peak < limit ? told.under : told.over)(`${decimal(limit)} ${unit}`.trim());
}

function wayOf(alert: Alert): string {
  if (alert.kind === "conflict") return [alert.from, alert.to].filter(Boolean).join(" · ");
  if (alert.zones.length > 0) return alert.zones.length > 1 ? alert.zones.join(", ") : "";
  if (alert.from && alert.to && alert.from !== alert.to) return `${alert.from} → ${alert.to}`;
  if (alert.kind === "missing" && alert.from) return words().alarms.lastIn(alert.from);
  return alert.to ?? alert.from ?? alert.reader ?? "";
}

/** Outbound or inbound, as far as the crossing that it rests on says so. */
export function directionOf(alert: Alert): "outbound" | "inbound" | "unknown" {
  const estimate = alert.evidence["estimate"];
  if (typeof estimate !== "object" || estimate === null) return "unknown";
  if ("outbound" in estimate) return "outbound";
  return "inbound" in estimate ? "inbound" : "unknown";
}

/** How it stands: whether somebody has it, whether it is over, why nobody is told. */
export function stateWords(alert: Alert): string {
  const told = words().alarms.states;
  const by = alert.acknowledged?.by ?? "";
  switch (alert.state) {
    case "active_unacknowledged":
      return told.new;
    case "returned_unacknowledged":
      return told.returned;
    case "active_acknowledged":
      return told.acknowledged(by);
    case "latched":
      return told.latched(by);
    case "shelved":
      return told.shelved(alert.shelved_until ? when(alert.shelved_until) : "");
    case "suppressed":
      return told.suppressed(suppressorWords(alert.suppressed_by ?? ""));
    case "out_of_service":
      return told.outOfService;
    default:
      return told.closed;
  }
}

/** `alert.raised` in words; what is not known stays as the gateway calls it. */
export function actionWords(action: string): string {
  const told: Record<string, string> = words().alarms.evidence.actions;
  return told[action.replace(/^alert\./, "")] ?? action;
}

function suppressorWords(by: string): string {
  const told = words().alarms.suppressors;
  const [what = "", ...rest] = by.split(":");
  const name = rest.join(":");
  if (what === "reader") return told.reader(name);
  if (what === "checkout") return told.checkout;
  return what === "alert" ? told.alert : by;
}

function placeOf(alert: Alert): string {
  return alert.to ?? alert.from ?? "";
}

function zonesOf(alert: Alert): string {
  const all = alert.zones.length > 0 ? alert.zones : [placeOf(alert)];
  const shown = all.slice(0, 2).join(", ");
  return all.length > 2 ? words().alarms.andMore(shown, all.length - 2) : shown;
}

function amountOf(alert: Alert): string {
  if (!alert.excursion) return "";
  const { peak, unit } = alert.excursion;
  return `${decimal(peak)} ${unit}`.trim();
}

/** The device of `LINK:DEVICE`. */
function deviceOf(sensor: string): string {
  return sensor.slice(sensor.indexOf(":") + 1);
}

function upperFirst(text: string): string {
  const [first = "", ...rest] = [...text];
  return first.toUpperCase() + rest.join("");
}
