import { expect, test } from "vitest";
import { crowded, middleOne, TOGETHER_FROM } from "./alarm-groups";

const at = (zone: number, isHot = true, x = 0, y = 0) => ({ zone, isHot, x, y });

test("eight that nobody has in one zone are one group; who stands alone is none", () => {
  const dock = Array.from({ length: 8 }, () => at(3));
  const groups = crowded([...dock, at(1), at(-1), at(-1)], TOGETHER_FROM.counts);
  expect([...groups.keys()]).toEqual([3]);
  expect(groups.get(3)).toHaveLength(8);
});

test("who is acknowledged, or less than critical, counts for nobody's group", () => {
  expect(crowded([at(3), at(3, false), at(3, false)], 2).size).toBe(0);
});

test("where single assets are shown, up to three in a zone keep their names", () => {
  expect(crowded([at(0), at(0), at(0)], TOGETHER_FROM.single).size).toBe(0);
  expect(crowded([at(0), at(0), at(0), at(0)], TOGETHER_FROM.single).size).toBe(1);
});

test("the tag of a group stands at one of them, the nearest to their middle", () => {
  const some = [at(0, true, 0, 0), at(0, true, 12, 0), at(0, true, 20, 0)];
  expect(middleOne(some)).toBe(some[1]);
});
