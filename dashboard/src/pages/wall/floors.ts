/** Which floor the wall shows: where the newest critical alert is, else the chosen one. */
import { newCriticals } from "../../alarms/store";
import type { Floor } from "../../api/shape";
import { planAlarms } from "../../plan/alarms";
import { floors } from "../../site";
import { floorOf } from "../live/floor-mark";

/** The floor for the large plan; `chosen` is a name from the address. */
export function wallFloor(chosen: string | null): Floor | undefined {
  const [critical] = newCriticals.value;
  const [alarm] = critical ? planAlarms([critical]) : [];
  const its = alarm ? floorOf(alarm) : null;
  return named(its) ?? named(chosen) ?? floors.value[0];
}

function named(name: string | null): Floor | undefined {
  return floors.value.find((floor) => floor.name === name);
}
