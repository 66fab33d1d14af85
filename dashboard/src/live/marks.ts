/** The live map as marks of one floor: fixes where they are, the others in their zone. */

import { emptyMarks, reserve } from "../plan/marks";
import type { Outline } from "../plan/outline";
import { Seats } from "../plan/places";
import { LOOK, type Marks } from "../plan/types";
import { FLOORLESS, type LiveState, NOWHERE, PROVISIONAL, TAG } from "./frame";
import { isLastKnown } from "./live";

/** What it takes to place the items of a floor. */
export interface FloorOf {
  readonly name: string;
  /** The zones of the plan in its order, as drawn; null for one without an outline. */
  readonly zones: readonly { readonly name: string; readonly outline: Outline | null }[];
  /** The number of the shape of an asset; -1 for one that is filtered away. */
  readonly shapeOf: (name: string, isTag: boolean) => number;
}

/** Keeps the marks of one floor up with the live map; places stay as they are between turns. */
export class FloorMarks {
  private marks: Marks = emptyMarks();
  private readonly seats: (Seats | null)[];
  /** The seat's zone of each place, to leave it by. */
  private seated: ({ zone: number; name: string } | undefined)[] = [];
  private zoneOf: Int32Array = new Int32Array(0);
  private wordsTurn = -1;
  private floorNumber = FLOORLESS;

  constructor(private readonly floor: FloorOf) {
    this.seats = floor.zones.map(({ outline }) => outline && new Seats(outline));
  }

  /** The marks for the newest turn. The columns are used again, the object is new. */
  follow(map: LiveState): Marks {
    if (this.wordsTurn !== map.wordsTurn) this.readWords(map);
    const { marks } = this;
    if (map.count) reserve(marks, map.count - 1);
    for (let index = 0; index < marks.count; index++) this.place(map, index);
    marks.turn += 1;
    this.marks = { ...marks };
    return this.marks;
  }

  private readWords(map: LiveState): void {
    this.wordsTurn = map.wordsTurn;
    const places = new Map(this.floor.zones.map(({ name }, place) => [name, place]));
    this.zoneOf = Int32Array.from(map.zones, (zone) => (zone && places.get(zone.name)) ?? -1);
    this.floorNumber = map.floors.findIndex(({ name }) => name === this.floor.name);
  }

  private place(map: LiveState, index: number): void {
    const { marks } = this;
    const name = index < map.count ? (map.name[index] ?? "") : "";
    const zone = this.zoneOf[map.zone[index] ?? NOWHERE] ?? -1;
    const state = map.state[index] ?? 0;
    const isHere = name !== "" && map.floor[index] === this.floorNumber;
    const shape = isHere ? this.floor.shapeOf(name, (state & TAG) !== 0) : -1;
    const look = shape < 0 ? 0 : this.at(map, index, name, zone);
    if (!(look & LOOK.placed)) this.leave(index);
    marks.name[index] = name;
    marks.look[index] = look && look | this.sureness(map, index, state);
    marks.zone[index] = zone < 0 ? NOWHERE : zone;
    marks.shape[index] = Math.max(shape, 0);
    marks.age_s[index] = Math.min(map.timeMs / 1000 - (map.heard_s[index] ?? 0), NOWHERE);
  }

  private sureness(map: LiveState, index: number, state: number): number {
    return (
      (isLastKnown(map, index) ? LOOK.lastKnown : 0) | (state & PROVISIONAL ? LOOK.provisional : 0)
    );
  }

  /** Put it at its fix, or at its place in the zone; the look, 0 where it has neither. */
  private at(map: LiveState, index: number, name: string, zone: number): number {
    const { marks } = this;
    const floor = map.floors[this.floorNumber];
    const x = map.x[index] ?? NOWHERE;
    if (floor && x !== NOWHERE) {
      marks.x[index] = floor.left_m + x * floor.step_m;
      marks.y[index] = floor.bottom_m + (map.y[index] ?? 0) * floor.step_m;
      return LOOK.shown;
    }
    const seats = this.seats[zone];
    if (!seats) return zone < 0 ? 0 : LOOK.shown | LOOK.placed | LOOK.nowhere;
    const before = this.seated[index];
    if (before?.zone !== zone || before.name !== name) {
      this.leave(index);
      this.seated[index] = { zone, name };
    }
    const place = seats.place(name);
    marks.x[index] = place.x;
    marks.y[index] = place.y;
    return LOOK.shown | LOOK.placed;
  }

  private leave(index: number): void {
    const before = this.seated[index];
    if (!before) return;
    this.seats[before.zone]?.leave(before.name);
    this.seated[index] = undefined;
  }
}
