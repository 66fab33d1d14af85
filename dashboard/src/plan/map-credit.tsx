/** Whose map it is, and whether it comes. */
import { mayAsk } from "../site";
import { words } from "../words";
import type { FloorMap } from "./map";
import { isMapMissing } from "./tile-store";

export function MapCredit({ map }: { map: FloorMap }) {
  const told = [trouble(map), map.attribution].filter(Boolean).join(" · ");
  return told ? <p class="map-credit">{told}</p> : null;
}

function trouble(map: FloorMap): string {
  const { mapNew, mapMissing } = words().live;
  if (!mayAsk(map)) return mapNew;
  return isMapMissing.value ? mapMissing(new URL(map.url).host) : "";
}
