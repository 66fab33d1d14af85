import type { Words } from "..";

export const rules: Words["rules"] = {};
