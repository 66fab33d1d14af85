/** The rules that name a zone, in a few words each. */
import { ask } from "../../api/client";
import type { Rule } from "../../api/shape";
import { readEntry, type Settings } from "../../entries/entry";
import { useLoaded } from "../../parts/loaded";
import { AlertSymbol } from "../../parts/symbol";
import { may, me } from "../../session";
import { words } from "../../words";

const AT_ONCE = 6;
const RULES_MAX = 200;

interface Named {
  rule: Rule;
  settings: Settings;
}

export function RulesOf({ zone }: { zone: string }) {
  const told = words().places;
  return (
    <section class="col">
      <h3>{told.rules}</h3>
      {may("site") ? <Rules zone={zone} /> : <p class="sm sec">{told.rulesUnknown}</p>}
    </section>
  );
}

function Rules({ zone }: { zone: string }) {
  const told = words().places;
  const loaded = useLoaded(readRules, me.value?.site.version ?? "");
  if (loaded.failed.value) return <p class="sm sec">{words().frame.failed(loaded.failed.value)}</p>;
  const rules = loaded.value.value;
  if (!rules) return <p class="sm mut">{words().frame.loading}</p>;
  const naming = rules.filter(({ settings }) => names(settings, zone));
  if (naming.length === 0) return <p class="sm sec">{told.noRules}</p>;
  return (
    <ul class="col">
      {naming.map(({ rule }) => (
        <li key={rule.name} class="row sm">
          <AlertSymbol severity={rule.severity} quiet />
          <a class="el link-quiet" href={`/rules?edit=${encodeURIComponent(rule.name)}`}>
            {rule.name}
          </a>
          <span class="xs mut nw">{kindOf(rule.kind)}</span>
        </li>
      ))}
    </ul>
  );
}

function kindOf(kind: string): string {
  const kinds: Record<string, string> = words().places.kinds;
  return kinds[kind] ?? kind;
}

function names(settings: Settings, zone: string): boolean {
  return ["fence", "zones"].some((key) => {
    const value = settings[key];
    return Array.isArray(value) ? value.includes(zone) : value === zone;
  });
}

/** All rules with their settings, a few at a time. */
async function readRules(signal: AbortSignal): Promise<Named[]> {
  const { items } = await ask<{ items: Rule[] }>("rules", { limit: RULES_MAX }, signal);
  const own = items.filter((rule) => !rule.name.startsWith("system: "));
  const named: Named[] = [];
  for (let at = 0; at < own.length; at += AT_ONCE) {
    const some = own.slice(at, at + AT_ONCE).map(async (rule) => {
      const { settings } = await readEntry("rules", rule.name);
      return { rule, settings };
    });
    named.push(...(await Promise.all(some)));
  }
  return named;
}
