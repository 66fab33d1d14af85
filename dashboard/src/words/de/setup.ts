import type { Words } from "..";

export const setup: Words["setup"] = {};
