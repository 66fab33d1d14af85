import type { Words } from "..";

export const history: Words["history"] = {};
