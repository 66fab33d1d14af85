import type { Words } from "..";

export const live: Words["live"] = {};
