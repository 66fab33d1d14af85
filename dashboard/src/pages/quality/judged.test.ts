import { describe, expect, it } from "vitest";
import { isHardlyRead, isHardToTell } from "./judged";

describe("a tag", () => {
  it("that answers in most seconds is nothing to remark on", () => {
    expect(isHardlyRead({ read_share: 1 })).toBe(false);
    expect(isHardlyRead({ read_share: 0.5 })).toBe(false);
  });
  it("that answers in fewer than half of them is hardly read", () => {
    expect(isHardlyRead({ read_share: 0.49 })).toBe(true);
  });
  it("about which too little is known is not judged", () => {
    expect(isHardlyRead({ read_share: null })).toBe(false);
  });
});

describe("two zones that hear the same tags", () => {
  it("are told apart by a clear difference", () => {
    expect(isHardToTell({ louder_share: 0.98, margin_db: 9 })).toBe(false);
  });
  it("are hard to tell apart when their levels are close", () => {
    expect(isHardToTell({ louder_share: 0.98, margin_db: 2 })).toBe(true);
    expect(isHardToTell({ louder_share: 0.98, margin_db: -2 })).toBe(true);
  });
  it("are hard to tell apart when both are the louder one in turn", () => {
    expect(isHardToTell({ louder_share: 0.55, margin_db: 8 })).toBe(true);
  });
  it("may have no levels at all", () => {
    expect(isHardToTell({ louder_share: 1, margin_db: null })).toBe(false);
  });
});
