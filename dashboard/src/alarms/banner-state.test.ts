import { afterEach, expect, it } from "vitest";
import { go } from "../address";
import type { Alert } from "../api/shape";
import { me } from "../session";
import { acknowledging, beginAcknowledging, endAcknowledging } from "./acknowledging";
import { showNewCritical } from "./banner-state";
import { anAlert } from "./example";
import { NOTHING } from "./gathering";
import { gathered, pickedAlert } from "./store";

const open = (...alerts: Alert[]) => {
  gathered.value = { ...NOTHING, open: new Map(alerts.map((alert) => [alert.id, alert])) };
};
const warning = anAlert({ id: "w", severity: "warning", state: "active_unacknowledged" });
const critical = anAlert({ id: "c", severity: "critical", state: "active_unacknowledged" });
let stop = () => {};

afterEach(() => {
  stop();
  open();
  me.value = undefined;
});

it("leaves the note that somebody writes, and opens the critical alert once that is done", async () => {
  me.value = { rights: ["handle_alerts"] } as NonNullable<typeof me.value>;
  go("live", { alert: "w" });
  open(warning);
  stop = showNewCritical();
  beginAcknowledging(warning);
  open(warning, critical);
  await Promise.resolve();
  expect(pickedAlert.value).toBe("w");
  open({ ...warning, state: "active_acknowledged", seq: warning.seq + 1 }, critical);
  await Promise.resolve();
  expect(pickedAlert.value).toBe("c");
});

it("ends the form of an alert alone: another one that was opened meanwhile stays", () => {
  me.value = { rights: ["handle_alerts"] } as NonNullable<typeof me.value>;
  beginAcknowledging(critical);
  endAcknowledging("w");
  expect(acknowledging.value).toBe("c");
});
