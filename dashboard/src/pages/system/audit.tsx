/** Who did what, newest first. */
import { asked, look } from "../../address";
import { download } from "../../api/client";
import type { Shape } from "../../api/shape";
import { Action, Field } from "../../parts/controls";
import { useListed } from "../../parts/listed";
import { Table } from "../../parts/table";
import { when } from "../../times";
import { words } from "../../words";

export function AuditLog() {
  const told = words().system.audit;
  const query = { actor: asked("actor"), action: asked("action"), limit: 100 };
  const listed = useListed<Shape<"Audit">>("audit", query);
  const isFiltered = Boolean(query.actor ?? query.action);
  return (
    <>
      <div class="row wrap ends-low">
        <Field
          label={told.actor}
          type="search"
          value={query.actor ?? ""}
          onInput={(text) => look({ actor: text })}
        />
        <Field
          label={told.action}
          type="search"
          value={query.action ?? ""}
          onInput={(text) => look({ action: text })}
        />
        <Action act={() => download("audit", { ...query, limit: 1000 }, "audit.csv")}>
          {words().frame.exportAs}
        </Action>
      </div>
      <Table
        caption={told.title}
        columns={[
          { head: told.time, cell: (line) => <span class="nw">{when(line.time)}</span> },
          { head: told.actor, cell: (line) => <b>{line.actor}</b> },
          { head: told.action, cell: (line) => line.action },
          {
            head: told.target,
            cell: (line) => <span title={line.target}>{line.target}</span>,
            wide: true,
          },
          { head: told.why, cell: (line) => line.why, minor: true },
        ]}
        rows={listed.rows}
        keyOf={(line) => line.number}
        failed={listed.failed.value}
        onRetry={listed.again}
        onMore={listed.more}
        onClear={isFiltered ? () => look({ actor: null, action: null }) : undefined}
      />
    </>
  );
}
