import { beforeEach, expect, test } from "vitest";
import { addressTo, asked, go, look, page } from "./address";

beforeEach(() => go("live"));

test("an address names the page and what is not empty of the view", () => {
  expect(addressTo("history", { asset: "a b&c", at: null, speed: 5, q: "" })).toBe(
    "/history?asset=a+b%26c&speed=5",
  );
});

test("a look changes what it names and keeps the rest", () => {
  go("live", { floor: "ground", asset: "LT-1" });
  look({ asset: null, view: "table" });
  expect(page.value).toBe("live");
  expect(asked("floor")).toBe("ground");
  expect(asked("asset")).toBeNull();
  expect(asked("view")).toBe("table");
});
