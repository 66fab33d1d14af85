/** Browsers of walls that a key has let in, and their end. */
import { change, path } from "../../api/client";
import type { Shape } from "../../api/shape";
import { useListed } from "../../parts/listed";
import { Table } from "../../parts/table";
import { Twice } from "../../parts/twice";
import { ago, when } from "../../times";
import { words } from "../../words";

type Display = Shape<"Display">;
const LOOK_EVERY_MS = 60_000;

export function Displays() {
  const told = words().system.displays;
  const listed = useListed<Display>("displays", { limit: 1000 }, LOOK_EVERY_MS);
  const end = async (display: Display) => {
    await change(path`displays/${display.id}`, { verb: "DELETE" });
    listed.again();
  };
  return (
    <>
      <h2>{told.title}</h2>
      <Table
        caption={told.title}
        columns={[
          { head: told.key, cell: (display) => <b>{display.name}</b> },
          { head: told.address, cell: (display) => display.address },
          { head: told.seen, cell: (display) => ago(display.seen) },
          { head: told.begun, minor: true, cell: (display) => when(display.begun) },
          { head: told.expires, minor: true, cell: (display) => when(display.expires) },
          { head: told.createdBy, minor: true, cell: (display) => display.created_by },
          {
            head: "",
            right: true,
            wide: true,
            cell: (display) => (
              <Twice first={told.end} really={told.reallyEnd} act={() => end(display)} />
            ),
          },
        ]}
        rows={listed.rows}
        keyOf={(display) => display.id}
        failed={listed.failed.value}
        onRetry={listed.again}
        onMore={listed.more}
      >
        <p>{told.none}</p>
      </Table>
    </>
  );
}
