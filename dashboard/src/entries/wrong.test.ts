import { expect, test } from "vitest";
import { RefusedError } from "../api/client";
import { sayingWhere, wrongAt, wrongText } from "./wrong";

test("problems are told by their key within the entry, without lines", () => {
  const error = new RefusedError(422, {
    detail: "The site file would not be valid.",
    errors: [
      { field: "readers[gate-1].address", message: "line 12: must be host:port", row: null },
      { field: "zones[hall]", message: "stands twice", row: null },
    ],
  });
  expect(wrongText(error)).toBe("address: must be host:port; stands twice");
});

test("what would become wrong elsewhere is told with where", async () => {
  const refused = new RefusedError(422, {
    detail: "The site file would not be valid.",
    errors: [
      {
        field: "readers[R-07].antennas.1.zone",
        message: "line 9: there is no zone 'hall'",
        row: null,
      },
      { field: "rules[stay in].fence[2]", message: "there is no zone 'hall'", row: null },
    ],
  });
  await expect(sayingWhere(Promise.reject(refused))).rejects.toThrow(
    "readers[R-07].antennas.1.zone: there is no zone 'hall'; rules[stay in].fence[2]: there is no zone 'hall'",
  );
  const late = new RefusedError(412, { detail: "It was changed meanwhile." });
  await expect(sayingWhere(Promise.reject(late))).rejects.toBe(late);
});

test("without single problems the refusal itself is told", () => {
  expect(wrongText(new RefusedError(409, { detail: "There is one already." }))).toBe(
    "There is one already.",
  );
});

test("a problem is told where its setting is, also one inside of it", () => {
  const wrongs = [
    { key: "assets.category", text: "is too long" },
    { key: "fence[1]", text: "there is no zone yard" },
    { key: "", text: "stands twice" },
  ];
  expect(wrongAt(wrongs, ["assets"])).toBe("is too long");
  expect(wrongAt(wrongs, ["fence"])).toBe("there is no zone yard");
  expect(wrongAt(wrongs, ["name"])).toBeUndefined();
});

test("a problem is told once: at the inner field, where there is one", () => {
  const wrongs = [
    { key: "antennas.1.zone", text: "there is no zone yard" },
    { key: "antennas.x", text: "must be a whole number" },
  ];
  expect(wrongAt(wrongs, ["antennas", "1", "zone"])).toBe("there is no zone yard");
  expect(wrongAt(wrongs, ["antennas"], [["antennas", "1", "zone"]])).toBe("must be a whole number");
});
