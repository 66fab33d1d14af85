/** The delivery log: each message to each channel, and what became of it. */
import { asked, look } from "../../address";
import { change, path } from "../../api/client";
import type { Shape } from "../../api/shape";
import { Action, Chip } from "../../parts/controls";
import { type Listed, useListed } from "../../parts/listed";
import { AlertSymbol } from "../../parts/symbol";
import { type Column, Table } from "../../parts/table";
import { may } from "../../session";
import { when } from "../../times";
import { words } from "../../words";

type Delivery = Shape<"Delivery">;
const STATES = ["waiting", "delivered", "dead"] as const;

export function DeliveriesTable() {
  const told = words().rules;
  const state = STATES.find((each) => each === asked("state"));
  const listed = useListed<Delivery>("deliveries", { state, limit: 100 }, 5_000);
  return (
    <>
      <div class="row">
        {STATES.map((each) => (
          <Chip
            key={each}
            on={state === each}
            onToggle={() => look({ state: state === each ? null : each })}
          >
            {told.deliveryStates[each]}
          </Chip>
        ))}
      </div>
      <Table
        caption={told.deliveries}
        columns={columns(listed)}
        rows={listed.rows}
        keyOf={(delivery) => delivery.id}
        failed={listed.failed.value}
        onRetry={listed.again}
        onMore={listed.more}
        onClear={state ? () => look({ state: null }) : undefined}
      >
        {!state && <h2>{told.noDeliveries}</h2>}
      </Table>
    </>
  );
}

function columns(listed: Listed<Delivery>): Column<Delivery>[] {
  const { deliveryHead: head } = words().rules;
  const shown: Column<Delivery>[] = [
    { head: head.time, cell: (each) => <span class="nw">{when(each.created)}</span> },
    { head: head.channel, cell: (each) => <b>{each.channel}</b> },
    { head: head.what, cell: (each) => <AlertLink delivery={each} />, wide: true },
    { head: head.state, cell: (each) => <DeliveryState delivery={each} /> },
    { head: head.tries, right: true, minor: true, cell: (each) => each.attempts },
    { head: head.ended, minor: true, cell: (each) => (each.ended ? when(each.ended) : "") },
    { head: head.error, wide: true, cell: (each) => each.last_error ?? "" },
  ];
  if (may("redeliver"))
    shown.push({
      head: "",
      right: true,
      cell: (each) => <Again delivery={each} listed={listed} />,
    });
  return shown;
}

function AlertLink({ delivery }: { delivery: Delivery }) {
  return <a href={`/alerts?alert=${encodeURIComponent(delivery.alert)}`}>{delivery.type}</a>;
}

function DeliveryState({ delivery }: { delivery: Delivery }) {
  return (
    <span class="st">
      {delivery.state === "dead" ? (
        <AlertSymbol severity="warning" />
      ) : (
        <span class={delivery.state === "delivered" ? "dot f" : "dot"} />
      )}
      {words().rules.deliveryStates[delivery.state]}
    </span>
  );
}

function Again({ delivery, listed }: { delivery: Delivery; listed: Listed<Delivery> }) {
  if (delivery.state !== "dead") return null;
  const again = async () => {
    await change(path`deliveries/${delivery.id}/redeliver`, { verb: "POST" });
    listed.again();
  };
  return <Action act={again}>{words().rules.again}</Action>;
}
