/** Begins to follow the gateway: the live map, the site, the assets. More than once is once. */
import { keepAssets } from "./assets";
import { keepSite } from "./follow-site";
import { keepLink } from "./link";

let isStarted = false;

export function startLive(): void {
  if (isStarted) return;
  isStarted = true;
  keepLink();
  keepSite();
  keepAssets();
}
