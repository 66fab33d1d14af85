import { describe, expect, it } from "vitest";
import type { Alert } from "../api/shape";
import { anAlert, chances } from "./example";
import {
  beginReading,
  endReading,
  type Gathered,
  giveUpReading,
  hear,
  isSame,
  NOTHING,
} from "./gathering";

/** A gateway: it commits changes of alerts, in order, and tells them by list and by stream. */
class Gateway {
  readonly log: Alert[] = [];
  private readonly newest = new Map<string, Alert>();

  commit(chance: () => number): void {
    const id = `a${Math.floor(chance() * 6)}`;
    const before = this.newest.get(id);
    const isOpen = before !== undefined && before.state !== "cleared";
    const states = ["active_acknowledged", "returned_unacknowledged", "cleared"] as const;
    const state = isOpen
      ? (states[Math.floor(chance() * 3)] ?? "cleared")
      : "active_unacknowledged";
    const alert = anAlert({ id, seq: this.log.length + 1, state });
    this.log.push(alert);
    this.newest.set(id, alert);
  }

  page(ids: readonly string[]): Alert[] {
    return ids.flatMap((id) => {
      const alert = this.newest.get(id);
      return alert && alert.state !== "cleared" ? [alert] : [];
    });
  }

  open(): Map<string, number> {
    const all = [...this.newest.values()].filter(({ state }) => state !== "cleared");
    return new Map(all.map(({ id, seq }) => [id, seq]));
  }
}

const PAGES = [
  ["a5", "a4", "a3"],
  ["a2", "a1", "a0"],
];

/** A client that reads and hears as chance has it; `heard` is up to where the stream has told it. */
class Client {
  known: Gathered = NOTHING;
  heard = 0;
  private pages: Alert[][] | null = null;

  step(gateway: Gateway, chance: () => number): void {
    const does = chance();
    if (does < 0.4) gateway.commit(chance);
    else if (does < 0.7) this.listen(gateway, 1 + Math.floor(chance() * 3));
    else if (does < 0.74) this.begin();
    else if (does < 0.95) this.readOn(gateway);
    else if (does < 0.97) this.fail();
    else this.hearLate(gateway, chance);
  }

  listen(gateway: Gateway, count: number): void {
    for (const alert of gateway.log.slice(this.heard, this.heard + count)) {
      this.known = hear(this.known, alert);
      this.heard += 1;
    }
  }

  begin(): void {
    this.known = beginReading(this.known);
    this.pages = [];
  }

  readOn(gateway: Gateway): void {
    if (!this.pages) return;
    const ids = PAGES[this.pages.length];
    if (ids) this.pages.push(gateway.page(ids));
    if (this.pages.length < PAGES.length) return;
    this.known = endReading(this.known, this.pages.flat());
    this.pages = null;
  }

  /** An answer to something that was done comes after the stream has told what came later. */
  private hearLate(gateway: Gateway, chance: () => number): void {
    const old = gateway.log[Math.floor(chance() * this.heard)];
    if (old) this.known = hear(this.known, old);
  }

  private fail(): void {
    if (this.pages) this.known = giveUpReading(this.known);
    this.pages = null;
  }

  catchUp(gateway: Gateway): void {
    while (this.pages) this.readOn(gateway);
    this.listen(gateway, gateway.log.length);
  }
}

function seqs(known: Gathered): Map<string, number> {
  return new Map([...known.open.values()].map(({ id, seq }) => [id, seq]));
}

describe("gathering alerts", () => {
  it("ends with what the gateway has, however list and stream interleave", () => {
    for (let seed = 1; seed <= 400; seed++) {
      const chance = chances(seed);
      const gateway = new Gateway();
      for (let each = 0; each < chance() * 20; each++) gateway.commit(chance);
      const client = new Client();
      client.heard = gateway.log.length;
      client.begin();
      for (let each = 0; each < 120; each++) client.step(gateway, chance);
      client.catchUp(gateway);
      expect(seqs(client.known), `seed ${seed}`).toEqual(gateway.open());
    }
  });

  it("heals what the stream lost as soon as the list is read again", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const chance = chances(seed);
      const gateway = new Gateway();
      const client = new Client();
      client.begin();
      client.catchUp(gateway);
      for (let each = 0; each < 60; each++) client.step(gateway, chance);
      // Ten minutes of sleep: nothing of it was heard, and the stream begins anew at its end.
      for (let each = 0; each < 30; each++) gateway.commit(chance);
      client.heard = gateway.log.length;
      client.begin();
      gateway.commit(chance);
      client.catchUp(gateway);
      expect(seqs(client.known), `seed ${seed}`).toEqual(gateway.open());
    }
  });

  it("takes the same change once, from the stream or from an answer", () => {
    const once = hear(NOTHING, anAlert({ seq: 5 }));
    expect(hear(once, anAlert({ seq: 5 }))).toBe(once);
    expect(hear(once, anAlert({ seq: 4, severity: "info" }))).toBe(once);
  });

  it("does not bring back from an older page what was cleared meanwhile", () => {
    const listed = anAlert({ seq: 5 });
    let known = beginReading(hear(NOTHING, listed));
    known = hear(known, anAlert({ seq: 6, state: "cleared" }));
    expect(endReading(known, [listed]).open.size).toBe(0);
  });

  it("keeps what is known while the list can not be read", () => {
    const known = hear(NOTHING, anAlert());
    expect(isSame(giveUpReading(beginReading(known)), known)).toBe(true);
  });

  it("drops what the list does not have and the stream did not tell since", () => {
    const known = beginReading(hear(NOTHING, anAlert({ id: "gone" })));
    expect(endReading(known, [anAlert({ id: "here" })]).open.has("gone")).toBe(false);
  });
});
