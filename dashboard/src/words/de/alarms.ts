import type { Words } from "..";

export const alarms: Words["alarms"] = {
  severities: { critical: "Kritisch", warning: "Warnung", info: "Hinweis" },
  symbolStates: { new: "neu", acknowledged: "quittiert", shelved: "zurückgestellt" },
};
