/** The rules: what each says, how often it did, who is told. */
import { useEffect } from "preact/hooks";
import { look } from "../../address";
import { ask } from "../../api/client";
import type { Alert, Rule } from "../../api/shape";
import type { Entry, Settings } from "../../entries/entry";
import { mergePatch } from "../../entries/merge-patch";
import { Button } from "../../parts/controls";
import { useListed } from "../../parts/listed";
import { useLoaded } from "../../parts/loaded";
import { AlertSymbol } from "../../parts/symbol";
import { type Column, Table } from "../../parts/table";
import { PreviewCard } from "../../preview/card";
import { createPreviewing } from "../../preview/run";
import { may } from "../../session";
import { nowMs, when } from "../../times";
import { words } from "../../words";
import { EditDialog } from "./edit";

const previewing = createPreviewing();
const DAY_MS = 86_400_000;
const COUNTED_MAX = 1000;
const FRESH = { name: "", kind: "exit", severity: "warning" };

export function RulesTable() {
  const told = words().rules;
  const listed = useListed<Rule>("rules", { limit: 1000 });
  const counts = useLoaded(countAlerts, "counts", 60_000);
  return (
    <>
      <Table
        caption={told.rules}
        columns={columns(counts.value.value ?? new Map())}
        rows={listed.rows}
        keyOf={(rule) => rule.name}
        failed={listed.failed.value}
        onRetry={listed.again}
      >
        <h2>{told.none}</h2>
      </Table>
      <p class="xs mut">{may("site") ? told.foot : told.readOnly}</p>
      <EditDialog
        part="rules"
        fresh={FRESH}
        title={told.newRule}
        onDone={listed.again}
        preview={(entry, settings) => <RulePreview entry={entry} settings={settings} />}
      />
    </>
  );
}

/** What the rule would have said over the last day, before it is saved. */
function RulePreview({ entry, settings }: { entry: Entry; settings: Settings }) {
  const name = entry.name ?? String(settings["name"]);
  const changed = entry.name === null ? settings : mergePatch(entry.settings, settings);
  useEffect(() => previewing.cancel, []);
  return <PreviewCard previewing={previewing} changed={{ rules: { [name]: changed } }} />;
}

/** How many alerts each rule has raised in the last day. */
async function countAlerts(): Promise<Map<string, number>> {
  const since = new Date(nowMs() - DAY_MS).toISOString();
  const { items } = await ask<{ items: Alert[] }>("alerts", { since, limit: COUNTED_MAX });
  const counts = new Map<string, number>();
  for (const alert of items) counts.set(alert.rule, (counts.get(alert.rule) ?? 0) + 1);
  return counts;
}

function columns(counts: ReadonlyMap<string, number>): Column<Rule>[] {
  const { head, kinds, nobody, edit } = words().rules;
  const shown: Column<Rule>[] = [
    { head: head.name, cell: (rule) => <b>{rule.name}</b> },
    { head: head.when, cell: (rule) => kinds[rule.kind] ?? rule.kind, wide: true },
    { head: head.severity, cell: (rule) => <SeverityText rule={rule} />, minor: true },
    { head: head.lately, right: true, cell: (rule) => counts.get(rule.name) ?? 0 },
    { head: head.told, cell: (rule) => rule.notify.join(", ") || nobody, minor: true },
    { head: head.state, cell: stateText, minor: true },
  ];
  if (may("site")) {
    const open = (rule: Rule) => <Button onClick={() => look({ edit: rule.name })}>{edit}</Button>;
    shown.push({ head: "", right: true, cell: open });
  }
  return shown;
}

function SeverityText({ rule }: { rule: Rule }) {
  return (
    <span class="st">
      <AlertSymbol severity={rule.severity} quiet />
      {words().alarms.severities[rule.severity]}
    </span>
  );
}

function stateText(rule: Rule): string {
  const { states } = words().rules;
  if (rule.out_of_service !== null) return `${states.outOfService}: ${rule.out_of_service}`;
  if (rule.shelved_until !== null) return states.shelvedUntil(when(rule.shelved_until));
  return rule.in_force ? states.inForce : states.notNow;
}
