import { expect, test, vi } from "vitest";
import { ask, change, csrf, cursorOf, loggedOut, path, RefusedError } from "./client";

function answering(status: number, body: unknown, headers: Record<string, string> = {}) {
  const answer = vi.fn(async (_url: string, _init: RequestInit) => {
    return new Response(typeof body === "string" ? body : JSON.stringify(body), {
      status,
      headers,
    });
  });
  vi.stubGlobal("fetch", answer);
  return answer;
}

test("names in paths are escaped, whatever they hold", () => {
  expect(path`assets/${"a/b?c#d é"}/history`).toBe("assets/a%2Fb%3Fc%23d%20%C3%A9/history");
});

test("the cursor of the next page is taken from the Link header", () => {
  expect(cursorOf('</api/v1/assets?limit=2&cursor=ab%3D>; rel="next"')).toBe("ab=");
  expect(cursorOf(null)).toBeNull();
});

test("a change carries the session's token, and an Idempotency-Key where it makes something", async () => {
  const asked = answering(200, {});
  csrf.value = "token";
  await change("alerts/a/acknowledge", { verb: "POST", body: { note: "x" } });
  const headers = asked.mock.calls[0]?.[1].headers as Record<string, string>;
  expect(headers["x-csrf-token"]).toBe("token");
  expect(headers["idempotency-key"]).toMatch(/^[0-9a-f-]{36}$/);
});

test("a refusal says which field is wrong", async () => {
  answering(422, { detail: "Not valid.", errors: [{ field: "note", message: "is required" }] });
  const error = await ask("alerts").catch((each: unknown) => each);
  expect(error).toBeInstanceOf(RefusedError);
  expect((error as RefusedError).of("note")).toBe("is required");
});

test("a refusal that is no JSON is said by its status", async () => {
  answering(502, "<html>");
  await expect(ask("alerts")).rejects.toThrow("502");
});

test("who is not logged in any more is told so once it is known", async () => {
  answering(401, { detail: "No key." });
  const told = vi.fn();
  loggedOut.call = told;
  await expect(ask("alerts")).rejects.toThrow("No key.");
  expect(told).toHaveBeenCalledOnce();
});

test("a gateway that does not answer is said in words", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("network")));
  await expect(ask("alerts")).rejects.toThrow("does not answer");
});

test("an answer that breaks off in its middle is told as none", async () => {
  const body = new ReadableStream({
    start: (part) => part.error(new TypeError("network")),
  });
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(body)));
  await expect(ask("alerts")).rejects.toBeInstanceOf(RefusedError);
});
