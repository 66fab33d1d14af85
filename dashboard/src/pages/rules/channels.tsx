/** Channels: how alerts go out, and a test of each. */
import { useSignal } from "@preact/signals";
import { look } from "../../address";
import { change, path } from "../../api/client";
import type { Shape } from "../../api/shape";
import { Action, Button } from "../../parts/controls";
import { useListed } from "../../parts/listed";
import { AlertSymbol } from "../../parts/symbol";
import { type Column, Table } from "../../parts/table";
import { may } from "../../session";
import { ago, when } from "../../times";
import { words } from "../../words";
import { EditDialog } from "./edit";

type Channel = Shape<"Channel">;
const FRESH = { name: "", kind: "webhook" };

export function ChannelsTable() {
  const told = words().rules;
  const listed = useListed<Channel>("channels", { limit: 1000 }, 5_000);
  return (
    <>
      <Table
        caption={told.channels}
        columns={columns()}
        rows={listed.rows}
        keyOf={(channel) => channel.name}
        failed={listed.failed.value}
        onRetry={listed.again}
      >
        <h2>{told.noChannels}</h2>
      </Table>
      <EditDialog part="channels" fresh={FRESH} title={told.newChannel} onDone={listed.again} />
    </>
  );
}

function columns(): Column<Channel>[] {
  const { channelHead: head, edit } = words().rules;
  const shown: Column<Channel>[] = [
    { head: head.name, cell: (channel) => <b>{channel.name}</b> },
    { head: head.kind, cell: (channel) => channel.kind, minor: true },
    { head: head.state, cell: (channel) => <ChannelState channel={channel} />, wide: true },
    { head: head.waiting, right: true, cell: (channel) => channel.waiting },
    { head: head.dead, right: true, cell: (channel) => channel.dead, minor: true },
    {
      head: head.last,
      minor: true,
      cell: (channel) => (channel.last_success ? ago(channel.last_success) : words().frame.never),
    },
    { head: head.error, minor: true, cell: lastError },
  ];
  if (may("redeliver"))
    shown.push({ head: "", right: true, cell: (each) => <Test channel={each} /> });
  if (may("site")) {
    const open = (each: Channel) => (
      <Button onClick={() => look({ edit: each.name })}>{edit}</Button>
    );
    shown.push({ head: " ", right: true, cell: open });
  }
  return shown;
}

function ChannelState({ channel }: { channel: Channel }) {
  const text = words().rules.channelStates[channel.state];
  return (
    <span class="st">
      {channel.state === "closed" ? <span class="dot f" /> : <AlertSymbol severity="warning" />}
      {channel.reason ? `${text}: ${channel.reason}` : text}
    </span>
  );
}

function lastError(channel: Channel): string {
  const error = channel.last_error;
  return error === null ? "" : `${when(error.time)}: ${error.reason}`;
}

function Test({ channel }: { channel: Channel }) {
  const told = words().rules;
  const sent = useSignal(false);
  const test = async () => {
    await change(path`channels/${channel.name}/test`, { verb: "POST" });
    sent.value = true;
  };
  return <Action act={test}>{sent.value ? told.testSent : told.test}</Action>;
}
