import type { Words } from "..";

export const stock: Words["stock"] = {};
