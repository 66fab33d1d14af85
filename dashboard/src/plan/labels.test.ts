import { expect, test } from "vitest";
import {
  Cover,
  cheapest,
  corners,
  cutTo,
  labelFitting,
  SYMBOL_WEIGHT,
  tagPlaces,
  touches,
} from "./labels";

const ZONE = { x: 100, y: 100, w: 200, h: 100 };
const SCREEN = { x: 0, y: 0, w: 800, h: 600 };
const widthOf = (text: string) => [...text].length * 7;

test("a label stands in the corner that covers fewest things, top left of equals", () => {
  const cover = new Cover();
  const places = corners(ZONE, 60, 14, 5);
  expect(cheapest(places, cover, 0)).toEqual(places[0]);
  cover.add({ x: 110, y: 108, w: 8, h: 8, weight: 1 });
  cover.add({ x: 110, y: 185, w: 8, h: 8, weight: 1 });
  expect(cheapest(places, cover, 0)).toEqual(places[2]);
});

test("every corner lies within the zone", () => {
  for (const place of corners(ZONE, 60, 14, 5)) {
    expect(place.x).toBeGreaterThan(ZONE.x);
    expect(place.x + place.w).toBeLessThan(ZONE.x + ZONE.w);
    expect(place.y + place.h).toBeLessThan(ZONE.y + ZONE.h);
  }
});

test("a label that is larger than its zone is dropped", () => {
  expect(corners({ x: 0, y: 0, w: 50, h: 100 }, 60, 14, 5)).toEqual([]);
});

test("name and count, then a short name, at last without its count, then nothing", () => {
  const label = (room: number) =>
    labelFitting("Charging bay", ["Charging", "CB"], room, 14, widthOf);
  expect(label(100)).toEqual({ text: "Charging bay", counted: true });
  expect(label(97)).toEqual({ text: "Charging", counted: true });
  expect(label(60)).toEqual({ text: "CB", counted: true });
  expect(label(20)).toEqual({ text: "CB", counted: false });
  expect(label(13)).toBeNull();
});

test("no tag covers another tag, whatever else it covers", () => {
  const cover = new Cover();
  const tags = [];
  for (let number = 0; number < 12; number++) {
    const place = cheapest(tagPlaces(300, 300, 90, 20, SCREEN, 1), cover, 3);
    if (!place) continue;
    expect(tags.some((other) => touches(place, other))).toBe(false);
    tags.push(place);
    cover.add({ ...place, weight: 9, tag: true });
  }
  expect(tags.length).toBeGreaterThanOrEqual(4);
  expect(tags.length).toBeLessThan(12);
});

test("a tag stays in the view, also at its edge", () => {
  for (const place of tagPlaces(795, 5, 90, 20, SCREEN, 1)) {
    expect(place.x + place.w).toBeLessThan(800);
    expect(place.y).toBeGreaterThan(0);
  }
});

test("what lies beneath counts as well as what was put on top", () => {
  const under = new Cover();
  under.add({ x: 0, y: 0, w: 10, h: 10, weight: 2 });
  const over = new Cover(under);
  over.add({ x: 0, y: 0, w: 200, h: 200, weight: 3 });
  expect(over.cost({ x: 5, y: 5, w: 100, h: 5 })).toBe(5);
  expect(under.cost({ x: 5, y: 5, w: 100, h: 5 })).toBe(2);
});

test("a tag is left out rather than put on an alert's symbol; the name of an alert is not", () => {
  const cover = new Cover();
  cover.add({ x: 200, y: 200, w: 200, h: 200, weight: SYMBOL_WEIGHT });
  const places = tagPlaces(300, 300, 90, 20, SCREEN, 1);
  expect(cheapest(places, cover, 3, SYMBOL_WEIGHT)).toBeNull();
  expect(cheapest(places, cover, 3)).not.toBeNull();
});

test("a name that is too long for its tag ends in an ellipsis", () => {
  expect(cutTo("Laptop LT-0417", 98, widthOf)).toBe("Laptop LT-0417");
  expect(cutTo("Laptop LT-0417", 97, widthOf)).toBe("Laptop LT-04…");
  expect(cutTo("Laptop LT-0417", 56, widthOf)).toBe("Laptop…");
});
