/** The last backup, and one now with its progress. */
import { useSignal } from "@preact/signals";
import { ask, change, path } from "../../api/client";
import type { Shape } from "../../api/shape";
import { Coded } from "../../parts/coded";
import { Action } from "../../parts/controls";
import { Meter } from "../../parts/figures";
import { may } from "../../session";
import { ago } from "../../times";
import { words } from "../../words";
import { size } from "./sizes";

type Backup = Shape<"Backup">;
const LOOK_EVERY_MS = 1_000;

interface BackupCardProps {
  last: Shape<"LastBackup"> | null;
  onMade: () => void;
}

export function BackupCard({ last, onMade }: BackupCardProps) {
  const told = words().system.backup;
  const running = useSignal<Backup | null>(null);
  const make = async () => {
    running.value = (await change<Backup>("backups", { verb: "POST", body: {} })).body;
    while (running.value.state === "running") {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      running.value = await ask<Backup>(path`backups/${running.value.id}`);
    }
    onMade();
  };
  return (
    <section class="card col">
      <h2>{told.title}</h2>
      {last === null ? (
        <p class="sm sec">
          <Coded text={may("backups") ? told.none : told.noneKnown} />
        </p>
      ) : (
        <LastBackup last={last} />
      )}
      {running.value && <Progress backup={running.value} />}
      {may("backups") && (
        <Action act={make} busyText={told.running}>
          {told.now}
        </Action>
      )}
      {may("backups") && last?.where && (
        <p class="xs mut">
          {told.restore} <code>tagwarden restore {last.where} --data …</code>
        </p>
      )}
    </section>
  );
}

function LastBackup({ last }: { last: Shape<"LastBackup"> }) {
  const told = words().system.backup;
  return (
    <dl class="kv">
      <dt>{told.last}</dt>
      <dd>
        {ago(last.made)}, {size(last.bytes ?? 0)}
      </dd>
      {last.where && <dt>{told.where}</dt>}
      {last.where && (
        <dd class="mono el" title={last.where}>
          {last.where}
        </dd>
      )}
    </dl>
  );
}

function Progress({ backup }: { backup: Backup }) {
  const told = words().system.backup;
  const text = { running: told.running, done: told.done, failed: told.failed(backup.reason) }[
    backup.state
  ];
  return (
    <div role="status">
      <span class="sm">{text}</span>
      {backup.state === "running" && <Meter share={backup.progress} label={told.running} />}
    </div>
  );
}
