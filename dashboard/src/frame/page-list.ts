/** The pages, in the order of the rail; each is loaded when it is first opened. */
import type { ComponentType } from "preact";
import type { IconName } from "../parts/icon";

export type PageName =
  | "live"
  | "wall"
  | "alerts"
  | "asset"
  | "find"
  | "history"
  | "stock"
  | "readers"
  | "zones"
  | "rules"
  | "quality"
  | "system"
  | "setup"
  | "login";

interface PageEntry {
  load: () => Promise<{ Page: ComponentType }>;
  icon?: IconName;
  /** The right that it needs; without one it is open to everybody. */
  right?: string;
  /** Without rail and top. */
  bare?: boolean;
  /** Where the rail shows that one is, if it has no entry of its own. */
  under?: PageName;
}

export const PAGES: Record<PageName, PageEntry> = {
  live: { load: () => import("../pages/live"), icon: "live", right: "look" },
  alerts: { load: () => import("../pages/alerts"), icon: "alerts", right: "look" },
  find: { load: () => import("../pages/find"), icon: "find", right: "look" },
  history: { load: () => import("../pages/history"), icon: "history", right: "look" },
  stock: { load: () => import("../pages/stock"), icon: "stock", right: "look" },
  readers: { load: () => import("../pages/readers"), icon: "readers", right: "look" },
  zones: { load: () => import("../pages/zones"), icon: "zones", right: "look" },
  rules: { load: () => import("../pages/rules"), icon: "rules", right: "look" },
  system: { load: () => import("../pages/system"), icon: "system", right: "look" },
  quality: { load: () => import("../pages/quality"), right: "look", under: "readers" },
  asset: { load: () => import("../pages/asset"), right: "look", under: "find" },
  wall: { load: () => import("../pages/wall"), bare: true },
  setup: { load: () => import("../pages/setup"), bare: true },
  login: { load: () => import("../pages/login"), bare: true },
};

export const RAIL: readonly PageName[] = [
  "live",
  "alerts",
  "find",
  "history",
  "stock",
  "readers",
  "zones",
  "rules",
  "system",
];
/** On a phone; the others are under More. */
export const TABS: readonly PageName[] = ["live", "alerts", "find"];

export function isPage(name: string): name is PageName {
  return Object.hasOwn(PAGES, name);
}
