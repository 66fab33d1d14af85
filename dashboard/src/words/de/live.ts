import type { Words } from "..";

export const live: Words["live"] = {
  noFloor: "Es gibt noch keinen Plan.",
  noFloorHint: "Zeichnen Sie ein Stockwerk und seine Zonen, dann stehen hier Objekte.",
  toZones: "Zonen zeichnen",
  lastKnown: "zuletzt bekannt",
};
