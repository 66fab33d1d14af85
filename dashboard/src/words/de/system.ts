import type { Words } from "..";

export const system: Words["system"] = {};
