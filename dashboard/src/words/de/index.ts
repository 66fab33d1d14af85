import type { Words } from "..";
import { alarms } from "./alarms";
import { frame } from "./frame";
import { history } from "./history";
import { live } from "./live";
import { places } from "./places";
import { preview } from "./preview";
import { readers } from "./readers";
import { rules } from "./rules";
import { setup } from "./setup";
import { stock } from "./stock";
import { system } from "./system";

export const de: Words = {
  alarms,
  frame,
  history,
  live,
  places,
  preview,
  readers,
  rules,
  setup,
  stock,
  system,
};
