import { describe, expect, it } from "vitest";
import { Globe } from "./globe";
import { addressOfTile, coarser, cornerOf, MOST_TILES, placeOf, tilesIn, zoomFor } from "./tiles";

/** Places all around the globe, turned in many ways. */
const ORIGINS = [
  { lat: 52.5, lon: 13.4, bearing_deg: 0 },
  { lat: 52.5, lon: 13.4, bearing_deg: 37 },
  { lat: -33.9, lon: 151.2, bearing_deg: -120 },
  { lat: 69.6, lon: 18.9, bearing_deg: 12 },
  { lat: -16.8, lon: 179.9999, bearing_deg: 90 },
  { lat: 0, lon: -78.5, bearing_deg: 180 },
];
const BOX = { left: -300, right: 700, bottom: -100, top: 400 };

describe.each(ORIGINS)("a site at $lat, $lon, turned by $bearing_deg", (origin) => {
  const globe = new Globe(origin);

  it("finds a place again to a millimetre, also kilometres away", () => {
    for (const [x, y] of [
      [0, 0],
      [120, -80],
      [-5_000, 9_000],
      [40_000, 30_000],
    ] as const) {
      const back = globe.toMetres(globe.toDegrees({ x, y }));
      expect(Math.hypot(back.x - x, back.y - y)).toBeLessThan(0.001);
    }
  });

  it("asks for tiles that cover all that is seen", () => {
    const tiles = tilesIn(globe, BOX, 1.5, 19);
    const names = new Set(tiles.map((each) => `${each.z} ${each.x} ${each.y}`));
    for (let x = BOX.left; x <= BOX.right; x += 50) {
      for (let y = BOX.bottom; y <= BOX.top; y += 50) {
        const z = tiles[0]?.z ?? 0;
        const place = placeOf(globe.toDegrees({ x, y }), z);
        expect(names).toContain(`${z} ${Math.floor(place.x)} ${Math.floor(place.y)}`);
      }
    }
  });

  it("asks for tiles about as fine as the screen, and few of them", () => {
    const tiles = tilesIn(globe, BOX, 1.5, 19);
    const [one] = tiles;
    if (!one) throw new Error("no tile");
    const a = globe.toMetres(cornerOf(one));
    const b = globe.toMetres(cornerOf({ ...one, x: one.x + 1 }));
    const pixels = Math.hypot(b.x - a.x, b.y - a.y) * 1.5;
    expect(pixels).toBeGreaterThan(256 / 1.5);
    expect(pixels).toBeLessThan(256 * 1.5);
    expect(tiles.length).toBeLessThan(MOST_TILES);
  });
});

describe("a tile", () => {
  it("lies where its corner says", () => {
    const tile = { z: 17, x: 70_406, y: 42_987 };
    const place = placeOf(cornerOf(tile), 17);
    expect(place.x).toBeCloseTo(tile.x, 6);
    expect(place.y).toBeCloseTo(tile.y, 6);
  });

  it("of a known place has the number that OpenStreetMap gives it", () => {
    // The formulas of its wiki, page "Slippy map tilenames", by hand for this place.
    const place = placeOf({ lat: 52.5163, lon: 13.3777 }, 16);
    expect([Math.floor(place.x), Math.floor(place.y)]).toEqual([35_203, 21_493]);
  });

  it("is a part of coarser ones up to the whole globe", () => {
    const parts = [...coarser({ z: 3, x: 5, y: 2 })];
    expect(parts.map((each) => each.tile)).toEqual([
      { z: 3, x: 5, y: 2 },
      { z: 2, x: 2, y: 1 },
      { z: 1, x: 1, y: 0 },
      { z: 0, x: 0, y: 0 },
    ]);
    expect(parts[1]).toMatchObject({ x: 0.5, y: 0, size: 0.5 });
  });

  it("has an address, also beyond the date line", () => {
    const url = "https://tiles.example.org/{z}/{x}/{y}.png?key=1";
    expect(addressOfTile(url, { z: 2, x: 4, y: 1 })).toBe(
      "https://tiles.example.org/2/0/1.png?key=1",
    );
    expect(addressOfTile(url, { z: 2, x: -1, y: 3 })).toBe(
      "https://tiles.example.org/2/3/3.png?key=1",
    );
  });
});

describe("a view", () => {
  it("of half the globe is coarse instead of many tiles", () => {
    const globe = new Globe({ lat: 52.5, lon: 13.4, bearing_deg: 0 });
    const half = { left: -50_000, right: 50_000, bottom: -50_000, top: 50_000 };
    const tiles = tilesIn(globe, half, 1, 19);
    expect(tiles.length).toBeGreaterThan(0);
    expect(tiles.length).toBeLessThanOrEqual(MOST_TILES);
  });

  it("goes no finer than the map does", () => {
    expect(zoomFor(52.5, 1_000, 19)).toBe(19);
    expect(zoomFor(52.5, 1e-9, 19)).toBe(0);
  });
});
