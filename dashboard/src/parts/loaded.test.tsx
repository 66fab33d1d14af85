import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { useListed } from "./listed";
import { useLoaded } from "./loaded";
import { Table } from "./table";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("keeps the newest answer where an older one comes after it", async () => {
  vi.useFakeTimers();
  const waiting: ((answer: string) => void)[] = [];
  const load = () => new Promise<string>((answer) => waiting.push(answer));
  const Shown = () => <p>{useLoaded(load, "key", 1000).value.value}</p>;
  const root = document.createElement("div");
  await act(() => render(<Shown />, root));
  await act(() => void vi.advanceTimersByTime(1000));
  await act(async () => waiting[1]?.("newer"));
  await act(async () => waiting[0]?.("older"));
  expect(root.textContent).toBe("newer");
  render(null, root);
});

it("says of an answer that it is to what was asked before", async () => {
  const waiting: ((answer: string) => void)[] = [];
  const load = () => new Promise<string>((answer) => waiting.push(answer));
  const Shown = ({ name }: { name: string }) => {
    const { value, isCurrent } = useLoaded(load, name);
    return <p>{`${value.value} ${isCurrent}`}</p>;
  };
  const root = document.createElement("div");
  await act(() => render(<Shown name="a" />, root));
  await act(async () => waiting[0]?.("of a"));
  expect(root.textContent).toBe("of a true");
  await act(() => render(<Shown name="b" />, root));
  expect(root.textContent).toBe("of a false");
  await act(async () => waiting[1]?.("of b"));
  expect(root.textContent).toBe("of b true");
  render(null, root);
});

it("begins another list with its first page", async () => {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (address: string) => {
    asked.push(new URL(address, location.href).search);
    const link = '</api/v1/things?cursor=2>; rel="next"';
    return new Response(JSON.stringify({ items: [] }), { headers: { link } });
  });
  let more: (() => void) | undefined;
  const Shown = ({ rule }: { rule: string }) => {
    more = useListed("things", { rule }).more;
    return null;
  };
  const root = document.createElement("div");
  const settle = () => act(() => new Promise((done) => setTimeout(done, 5)));
  await act(() => render(<Shown rule="a" />, root));
  await settle();
  await act(() => more?.());
  await settle();
  expect(asked).toEqual(["?rule=a", "?rule=a", "?rule=a&cursor=2"]);
  await act(() => render(<Shown rule="b" />, root));
  await settle();
  expect(asked.slice(3)).toEqual(["?rule=b"]);
  render(null, root);
});

describe("a table whose list is refused", () => {
  const columns = [{ head: "Name", cell: ({ name }: { name: string }) => name }];
  const Things = ({ of: rule }: { of: string }) => {
    const { rows, failed, again } = useListed<{ name: string }>("things", { rule });
    return (
      <div>
        <Table
          caption="Things"
          columns={columns}
          rows={rows}
          keyOf={({ name }) => name}
          failed={failed.value}
        />
        <button type="button" onClick={again} />
      </div>
    );
  };
  const settle = () => act(() => new Promise((done) => setTimeout(done, 5)));
  let root: HTMLElement;
  let isDown = false;
  beforeEach(async () => {
    isDown = false;
    vi.stubGlobal("fetch", async () =>
      isDown
        ? new Response(JSON.stringify({ detail: "The gateway rests." }), { status: 503 })
        : new Response(JSON.stringify({ items: [{ name: "pallet" }] })),
    );
    root = document.createElement("div");
    await act(() => render(<Things of="a" />, root));
    await settle();
    isDown = true;
  });
  afterEach(() => render(null, root));

  it("keeps its rows, and says that they may be old", async () => {
    await act(() => root.querySelector("button")?.click());
    await settle();
    expect(root.textContent).toContain("pallet");
    expect(root.textContent).toContain("out of date: The gateway rests.");
  });

  it("keeps no row that answered another question", async () => {
    await act(() => render(<Things of="b" />, root));
    await settle();
    expect(root.textContent).not.toContain("pallet");
    expect(root.textContent).toContain("The gateway rests.");
  });
});
