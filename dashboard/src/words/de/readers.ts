import type { Words } from "..";

export const readers: Words["readers"] = {};
