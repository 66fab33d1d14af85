import type { Words } from "..";

export const places: Words["places"] = {};
