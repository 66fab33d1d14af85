/**
 * Short names of the zones of a floor, worked out from their names: a key of the site file would
 * have to be kept up by hand, and two that are the same would not be noticed. Pure.
 */

const LEAST_LETTERS = 3;
const BETWEEN = /[\s,/()\-–]+/u;

/**
 * For each name the shorter ones, the longest first: its first word, then its initials. None could
 * be taken for another zone of the floor. They depend on which names there are, not on their order.
 */
export function shortNames(names: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const all = new Map([...new Set(names)].map((name) => [name, candidates(name)]));
  const uses = new Map<string, number>();
  for (const [name, some] of all) {
    for (const each of new Set([name, ...some])) uses.set(each, (uses.get(each) ?? 0) + 1);
  }
  return new Map(
    [...all].map(([name, some]) => [name, some.filter((each) => uses.get(each) === 1)]),
  );
}

function candidates(name: string): string[] {
  const first = name.split(/[\s,/()]+/u).find(Boolean) ?? "";
  const initials = name
    .split(BETWEEN)
    .map((word) => (/^\d/u.test(word) ? word : ([...word][0] ?? "").toUpperCase()))
    .join("");
  const some = [[...first].length >= LEAST_LETTERS ? first : "", initials];
  return some.filter(
    (each) => [...each].length >= 2 && [...each].length < [...name].length && each !== name,
  );
}
