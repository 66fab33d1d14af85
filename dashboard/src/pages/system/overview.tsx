/** Storage, backlog, backup, and how long a read takes. */
import type { ComponentChildren } from "preact";
import { ask } from "../../api/client";
import type { Shape } from "../../api/shape";
import { figure } from "../../numbers";
import { Button } from "../../parts/controls";
import { Meter, Spark, Tile, Tiles } from "../../parts/figures";
import { useLoaded } from "../../parts/loaded";
import { AlertSymbol } from "../../parts/symbol";
import { nowMs, span } from "../../times";
import { words } from "../../words";
import { BackupCard } from "./backup";
import { size } from "./sizes";

type System = Shape<"System">;

export function Overview() {
  const loaded = useLoaded((ended) => ask<System>("system", {}, ended), "system", 5_000);
  const system = loaded.value.value;
  if (loaded.failed.value && !system) {
    return (
      <div class="empty" role="alert">
        <h2>{words().frame.failed(loaded.failed.value)}</h2>
        <Button onClick={loaded.again}>{words().frame.tryAgain}</Button>
      </div>
    );
  }
  if (!system) return <p class="mut awaited">{words().frame.loading}</p>;
  return (
    <>
      <Ready system={system} />
      <Figures system={system} />
      <div class="g3">
        <StorageCard storage={system.storage} />
        <BacklogCard backlog={system.backlog} />
        <BackupCard last={system.backup} onMade={loaded.again} />
      </div>
    </>
  );
}

function Ready({ system }: { system: System }) {
  const told = words().system;
  const up = span(nowMs() - Date.parse(system.started));
  const isWell = system.readiness.status === "ready";
  return (
    <div class="row wrap btw">
      <span class="st">
        {isWell ? <span class="dot f" /> : <AlertSymbol severity="warning" />}
        {isWell ? told.wellParts : `${told.degraded}: ${system.readiness.reasons.join("; ")}`}
      </span>
      <span class="mut sm">{told.version(system.version, up)}</span>
    </div>
  );
}

function seconds(value: number | null): string {
  if (value === null) return words().system.tiles.noneYet;
  return value < 0.0995 ? `${Math.ceil(value * 1000)} ms` : span(value * 1000);
}

function Figures({ system }: { system: System }) {
  const told = words().system.tiles;
  const { commit_seconds: commit, alert_seconds: alert, backlog, reads } = system;
  return (
    <Tiles>
      <Tile
        head={told.toScreen}
        value={seconds(commit.p99)}
        unit={told.toScreenUnit(span(commit.over_s * 1000))}
      />
      <Tile
        head={told.toAlert}
        value={seconds(alert.p99)}
        unit={told.toScreenUnit(span(alert.over_s * 1000))}
      />
      <Tile
        head={told.backlog}
        value={figure(backlog.pipeline + backlog.commit)}
        unit={told.backlogUnit}
      />
      <Tile
        head={told.dropped}
        value={figure(reads.dropped)}
        unit={told.droppedUnit(figure(reads.committed))}
      />
      <Tile head={told.rate} value={reads.per_second.toFixed(0)} unit="/s">
        <Spark values={reads.series} />
      </Tile>
    </Tiles>
  );
}

function Facts({ facts }: { facts: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="kv">
      {facts.map(([head, value]) => (
        <div key={head} class="kv-row">
          <dt>{head}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function StorageCard({ storage }: { storage: System["storage"] }) {
  const told = words().system.storage;
  const used = storage.total_bytes - storage.free_bytes;
  const text = told.used(size(used), size(storage.total_bytes));
  const days = storage.days_until_full;
  return (
    <section class="card">
      <h2>{told.title}</h2>
      <p class="sm">{text}</p>
      <Meter share={used / storage.total_bytes} label={text} />
      <p class="xs mut">{days === null ? told.notFull : told.full(figure(Math.round(days)))}</p>
      <Facts
        facts={[
          [told.state, size(storage.state_bytes)],
          [
            told.history(storage.days),
            `${size(storage.history_bytes)}, ${told.keep(figure(storage.keep_days))}`,
          ],
          [told.plans, size(storage.plans_bytes)],
          [told.backups, size(storage.backups_bytes)],
        ]}
      />
    </section>
  );
}

function BacklogCard({ backlog }: { backlog: System["backlog"] }) {
  const told = words().system.backlog;
  const behind = (lag: number) => (lag < 1 ? told.upToDate : told.behind(span(lag * 1000)));
  return (
    <section class="card">
      <h2>{told.title}</h2>
      <Facts
        facts={[
          [told.pipeline, figure(backlog.pipeline)],
          [told.commit, figure(backlog.commit)],
          [told.outbox, figure(backlog.outbox_waiting)],
          ...(backlog.outbox_waiting
            ? [[told.oldest, span(backlog.outbox_oldest_s * 1000)] as const]
            : []),
          [told.outboxDead, figure(backlog.outbox_dead)],
          ...backlog.history.map((each) => [told.history(each.store), behind(each.lag_s)] as const),
        ]}
      />
    </section>
  );
}
