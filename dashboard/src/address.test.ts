import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { addressTo, asked, go, instead, leaving, look, page } from "./address";

beforeEach(() => go("live"));
afterEach(() => {
  leaving.ask = null;
});

/** What a browser does when somebody goes back to an address. */
function goBackTo(address: string): void {
  history.replaceState(null, "", address);
  dispatchEvent(new PopStateEvent("popstate"));
}

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

test("going back asks a page that would lose something, within it, too", () => {
  go("zones", { zone: "hall" });
  leaving.ask = vi.fn(() => false);
  goBackTo("/zones");
  expect(leaving.ask).toHaveBeenCalledOnce();
  expect(asked("zone")).toBe("hall");
  expect(location.search).toBe("?zone=hall");
  goBackTo("/zones?zone=hall#main");
  expect(leaving.ask).toHaveBeenCalledOnce();
});

test("going back from a page that loses nothing adds no step to go back to", () => {
  go("zones");
  leaving.ask = () => true;
  const before = history.length;
  goBackTo("/live");
  expect(page.value).toBe("live");
  expect(history.length).toBe(before);
});

test("what is shown instead is no step to go back to", () => {
  const before = history.length;
  instead("find", { q: "LT-1" });
  expect([page.value, asked("q"), history.length]).toEqual(["find", "LT-1", before]);
});
