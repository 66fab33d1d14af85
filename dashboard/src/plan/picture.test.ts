import { afterEach, expect, it, vi } from "vitest";
import { pictureOf } from "./picture";

class FakeImage {
  static all: FakeImage[] = [];
  onload = () => {};
  onerror = () => {};
  src = "";
  naturalWidth = 10;
  naturalHeight = 10;
  constructor() {
    FakeImage.all.push(this);
  }
}

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("tells each plan that waits for a picture, and asks again for one that did not come", () => {
  vi.useFakeTimers();
  vi.stubGlobal("Image", FakeImage);
  const [large, small] = [vi.fn(), vi.fn()];
  pictureOf("/plan", true, large);
  pictureOf("/plan", true, small);
  expect(FakeImage.all.length).toBe(1);
  FakeImage.all[0]?.onerror();
  vi.advanceTimersByTime(30_000);
  expect([large.mock.calls.length, small.mock.calls.length]).toEqual([1, 1]);
  pictureOf("/plan", true, large);
  pictureOf("/plan", true, small);
  expect(FakeImage.all.length).toBe(2);
  FakeImage.all[1]?.onload();
  expect([large.mock.calls.length, small.mock.calls.length]).toEqual([2, 2]);
});
