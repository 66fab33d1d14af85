/** The map under a floor out of doors. */
import type { Shape } from "../api/shape";
import { Globe } from "./globe";
import { tileAt, tileThere } from "./tile-store";
import { addressOfTile, coarser, cornerOf, type Part, type Tile, tilesIn } from "./tiles";
import type { BoxM, Pen } from "./types";

export type FloorMap = Shape<"Map">;

/** How much of the map is seen: it tells where things are, and stays behind them. */
const ALPHA = { dark: 0.5, light: 0.55 };

/** How a map is drawn: `whenThere` is called once more of it has come. */
export interface MapLook {
  readonly map: FloorMap;
  readonly seen: BoxM;
  readonly dark: boolean;
  readonly whenThere: () => void;
}

const globes = new WeakMap<FloorMap, Globe>();

function globeOf(map: FloorMap): Globe {
  const known = globes.get(map) ?? new Globe(map);
  globes.set(map, known);
  return known;
}

/** Draw what there is of the map; what is not there yet is asked for. */
export function drawMap(pen: Pen, look: MapLook): void {
  const globe = globeOf(look.map);
  pen.context.save();
  pen.context.globalAlpha *= look.dark ? ALPHA.dark : ALPHA.light;
  for (const tile of tilesIn(globe, look.seen, pen.scale, look.map.max_zoom)) {
    const found = pictureOf(tile, look);
    if (found) drawTile(pen, globe, tile, found);
  }
  pen.context.restore();
}

interface Found {
  readonly image: HTMLCanvasElement;
  readonly part: Part;
}

/** The tile itself, or as long as it is not there the part of a coarser one. */
function pictureOf(tile: Tile, { map, dark, whenThere }: MapLook): Found | null {
  for (const part of coarser(tile)) {
    const address = addressOfTile(map.url, part.tile);
    const image = part.size === 1 ? tileAt(address, dark, whenThere) : tileThere(address, dark);
    if (image) return { image, part };
  }
  return null;
}

/** A tile is so small that three of its corners say how it lies. */
function drawTile(pen: Pen, globe: Globe, tile: Tile, { image, part }: Found): void {
  const corner = (right: 0 | 1, down: 0 | 1) =>
    pen.toScreen(globe.toMetres(cornerOf({ z: tile.z, x: tile.x + right, y: tile.y + down })));
  const [x0, y0] = corner(0, 0);
  const [x1, y1] = corner(1, 0);
  const [x2, y2] = corner(0, 1);
  // Half a pixel more, or the ground shines through between tiles.
  const more = 1 + 0.5 / Math.max(Math.hypot(x1 - x0, y1 - y0), 1);
  const { width } = image;
  const [left, top, size] = [part.x * width, part.y * width, part.size * width];
  pen.context.save();
  pen.context.transform(x1 - x0, y1 - y0, x2 - x0, y2 - y0, x0, y0);
  pen.context.drawImage(image, left, top, size, size, 0, 0, more, more);
  pen.context.restore();
}
