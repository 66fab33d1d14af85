/**
 * The moving part of a plan: every asset as a stamp of pixels, written into an image and put onto
 * the canvas at once. Ten thousand calls of `drawImage` take longer than a frame where there is no
 * GPU; ten thousand stamps take a few milliseconds. Only tiles that hold something are touched.
 */
import type { Glide } from "./glide";
import { columnOf, rowOf, type Sprites } from "./sprites";
import { LOOK, type Marks } from "./types";
import type { View } from "./view";

const DRAWN = LOOK.shown | LOOK.nowhere;
const TILE_BITS = 7;
const TILE = 1 << TILE_BITS;

/** The pixels of one cell of the sheet that are not empty: where, by offset, and which. */
interface Stamp {
  readonly offsets: Int32Array;
  readonly colours: Uint32Array;
}

/** Draws marks into one canvas; sizes are in device pixels. */
export class ShapesLayer {
  private image: ImageData | null = null;
  private pixels = new Uint32Array(0);
  private width = 0;
  private height = 0;
  private across = 0;
  /** Tiles that held something after the last drawing, and those that do now. */
  private before = new Uint8Array(0);
  private now = new Uint8Array(0);
  private stamps: Stamp[] = [];
  private sprites: Sprites | null = null;

  constructor(private readonly context: CanvasRenderingContext2D) {}

  /** Draw all that is shown; `ratio` device pixels are a CSS pixel. */
  draw(view: View, ratio: number, marks: Marks, glide: Glide, sprites: Sprites): void {
    if (!this.fit(sprites)) return;
    this.wipe();
    const { cell } = sprites;
    const count = Math.min(marks.count, glide.shownX.length);
    const [placeX, placeY] = placers(view, ratio, cell);
    const turn = view.turned ? Math.PI / 2 : 0;
    for (let at = 0; at < count; at++) {
      const look = marks.look[at] as number;
      if ((look & DRAWN) !== LOOK.shown) continue;
      const [shownX, shownY] = [glide.shownX[at] as number, glide.shownY[at] as number];
      const column = columnOf(marks.shape[at] as number, (glide.heading[at] as number) + turn);
      const stamp = this.stamps[rowOf(look) * sprites.columns + column];
      if (stamp) this.stamp(placeX(shownX, shownY), placeY(shownX, shownY), cell, stamp);
    }
    this.put();
  }

  /** Nothing is shown. */
  clear(): void {
    this.wipe();
    this.put();
  }

  private fit(sprites: Sprites): boolean {
    const { width, height } = this.context.canvas;
    if (width < 1 || height < 1) return false;
    const isSized = this.image !== null && this.width === width && this.height === height;
    if (!isSized) {
      this.image = new ImageData(width, height);
      this.pixels = new Uint32Array(this.image.data.buffer);
      this.width = width;
      this.height = height;
      this.across = (width >> TILE_BITS) + 1;
      const tiles = this.across * ((height >> TILE_BITS) + 1);
      this.before = new Uint8Array(tiles);
      this.now = new Uint8Array(tiles);
    }
    if (!isSized || this.sprites !== sprites) this.stamps = stampsOf(sprites, width);
    this.sprites = sprites;
    return true;
  }

  /** Empty the tiles that held something. */
  private wipe(): void {
    [this.before, this.now] = [this.now, this.before];
    this.now.fill(0);
    for (let tile = 0; tile < this.before.length; tile++) {
      if (this.before[tile]) this.wipeTile(tile);
    }
  }

  private wipeTile(tile: number): void {
    const left = (tile % this.across) << TILE_BITS;
    const top = Math.floor(tile / this.across) << TILE_BITS;
    const right = Math.min(left + TILE, this.width);
    const bottom = Math.min(top + TILE, this.height);
    for (let y = top; y < bottom; y++) {
      this.pixels.fill(0, y * this.width + left, y * this.width + right);
    }
  }

  private stamp(x: number, y: number, cell: number, { offsets, colours }: Stamp): void {
    // What would stand beyond the edge of the canvas is left out whole: half a shape says nothing.
    if (x < 0 || y < 0 || x + cell > this.width || y + cell > this.height) return;
    const { pixels } = this;
    const base = y * this.width + x;
    for (let at = 0; at < offsets.length; at++) {
      pixels[base + (offsets[at] as number)] = colours[at] as number;
    }
    const [left, right] = [x >> TILE_BITS, (x + cell) >> TILE_BITS];
    const [top, bottom] = [(y >> TILE_BITS) * this.across, ((y + cell) >> TILE_BITS) * this.across];
    this.now[top + left] = 1;
    this.now[top + right] = 1;
    this.now[bottom + left] = 1;
    this.now[bottom + right] = 1;
  }

  /** Put what changed onto the canvas: neighbours in a row of tiles at once. */
  private put(): void {
    let from = -1;
    for (let tile = 0; tile <= this.now.length; tile++) {
      const isTouched = Boolean(this.now[tile] || this.before[tile]);
      const isRowEnd = tile % this.across === 0;
      if (from >= 0 && (!isTouched || isRowEnd)) {
        this.putTiles(from, tile);
        from = -1;
      }
      if (isTouched && from < 0) from = tile;
    }
  }

  private putTiles(from: number, to: number): void {
    if (!this.image) return;
    const left = (from % this.across) << TILE_BITS;
    const top = Math.floor(from / this.across) << TILE_BITS;
    const width = Math.min((to - from) << TILE_BITS, this.width - left);
    const height = Math.min(TILE, this.height - top);
    if (width > 0 && height > 0)
      this.context.putImageData(this.image, 0, 0, left, top, width, height);
  }
}

type Placer = (x: number, y: number) => number;

/** The upper left corner of the stamp of a point, in whole device pixels. */
function placers(view: View, ratio: number, cell: number): readonly [Placer, Placer] {
  const scale = view.scale * ratio;
  const left = (view.width * ratio - cell) / 2;
  const top = (view.height * ratio - cell) / 2;
  if (view.turned) {
    return [
      (_, y) => Math.round(left + (y - view.y) * scale),
      (x) => Math.round(top + (x - view.x) * scale),
    ];
  }
  return [
    (x) => Math.round(left + (x - view.x) * scale),
    (_, y) => Math.round(top - (y - view.y) * scale),
  ];
}

/** The stamps of a sheet for an image that is `width` pixels wide. */
function stampsOf({ sheet, cell, columns, rows }: Sprites, width: number): Stamp[] {
  const context = sheet.getContext("2d", { willReadFrequently: true });
  const stamps: Stamp[] = [];
  for (let at = 0; context && at < columns * rows; at++) {
    const [x, y] = [(at % columns) * cell, Math.floor(at / columns) * cell];
    const pixels = new Uint32Array(context.getImageData(x, y, cell, cell).data.buffer);
    const filled = [...pixels.keys()].filter((each) => pixels[each] !== 0);
    stamps.push({
      offsets: Int32Array.from(filled, (each) => Math.floor(each / cell) * width + (each % cell)),
      colours: Uint32Array.from(filled, (each) => pixels[each] ?? 0),
    });
  }
  return stamps;
}
