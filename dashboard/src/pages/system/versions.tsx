/** The numbered versions of the site file: what each changed, and the way back. */
import { useSignal } from "@preact/signals";
import { askFully, askText, change, path } from "../../api/client";
import type { Shape } from "../../api/shape";
import { Button } from "../../parts/controls";
import { Dialog } from "../../parts/dialog";
import { type Listed, useListed } from "../../parts/listed";
import { useLoaded } from "../../parts/loaded";
import { Table } from "../../parts/table";
import { Twice } from "../../parts/twice";
import { when } from "../../times";
import { words } from "../../words";

type Row = Shape<"SiteVersionRow">;

export function Versions() {
  const told = words().system.versions;
  const listed = useListed<Row>("site/versions", { limit: 100 });
  const open = useSignal<Row | null>(null);
  const newest = Math.max(...(listed.rows ?? []).map((row) => row.number));
  return (
    <>
      <Table
        caption={told.title}
        columns={[
          { head: told.number, cell: (row) => row.number },
          { head: told.at, cell: (row) => <span class="nw">{when(row.at)}</span> },
          { head: told.by, cell: (row) => <b>{row.by}</b> },
          {
            head: told.why,
            cell: (row) =>
              row.number === newest ? [row.why, told.current].filter(Boolean).join(", ") : row.why,
            wide: true,
          },
          {
            head: "",
            right: true,
            cell: (row) => (
              <Button
                onClick={() => {
                  open.value = row;
                }}
              >
                {told.changes}
              </Button>
            ),
          },
        ]}
        rows={listed.rows}
        keyOf={(row) => row.number}
        failed={listed.failed.value}
        onRetry={listed.again}
        onMore={listed.more}
      />
      {open.value && (
        <Changes
          row={open.value}
          isNewest={open.value.number === newest}
          listed={listed}
          onClose={() => {
            open.value = null;
          }}
        />
      )}
    </>
  );
}

interface ChangesProps {
  row: Row;
  isNewest: boolean;
  listed: Listed<Row>;
  onClose: () => void;
}

function Changes({ row, isNewest, listed, onClose }: ChangesProps) {
  const told = words().system.versions;
  const loaded = useLoaded(
    () => askText(path`site/versions/${row.number}/changes`),
    String(row.number),
  );
  const bringBack = async () => {
    const { etag } = await askFully("site");
    await change(path`site/versions/${row.number}/restore`, { verb: "POST", ifMatch: etag });
    listed.again();
    onClose();
  };
  const text = loaded.value.value;
  return (
    <Dialog title={`${told.title}: ${row.number}`} onClose={onClose}>
      {loaded.failed.value && <p role="alert">{loaded.failed.value}</p>}
      {text !== undefined && <pre class="diff">{text || told.noChange}</pre>}
      {!isNewest && <Twice first={told.bringBack} really={told.reallyBringBack} act={bringBack} />}
    </Dialog>
  );
}
