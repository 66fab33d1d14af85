/** The filters of the page: severity, state, rule, zone, time. */
import { look } from "../../address";
import { orderedAlerts } from "../../alarms/store";
import { ask } from "../../api/client";
import type { Rule } from "../../api/shape";
import { useLoaded } from "../../parts/loaded";
import { zones } from "../../site";
import { words } from "../../words";
import { type AlertFilter, SEVERITIES, SPANS, STATES } from "./filters";

export function Filters({ filter }: { filter: AlertFilter }) {
  const told = words().alarms.page;
  const rules = useRules();
  return (
    <div class="filters">
      <Choice
        label={told.severity}
        name="severity"
        value={filter.severity}
        all={told.allSeverities}
        choices={SEVERITIES.map((name) => [name, words().alarms.severities[name]])}
      />
      {filter.tab === "open" && (
        <Choice
          label={told.state}
          name="state"
          value={filter.state}
          all={told.allStates}
          choices={STATES.filter((name) => name !== "cleared").map((name) => [
            name,
            told.stateNames[name],
          ])}
        />
      )}
      <Choice
        label={told.rule}
        name="rule"
        value={filter.rule}
        all={told.allRules}
        choices={rules.map((name) => [name, name])}
      />
      <Choice
        label={told.zone}
        name="zone"
        value={filter.zone}
        all={told.allZones}
        choices={zones.value.map(({ name }) => [name, name])}
      />
      <Choice
        label={told.time}
        name="time"
        value={filter.span === "day" ? null : filter.span}
        all={told.spans.day}
        choices={SPANS.filter((name) => name !== "day").map((name) => [name, told.spans[name]])}
      />
    </div>
  );
}

/** The rules of the site, and those of the gateway's own that have an alert open. */
function useRules(): string[] {
  const { value } = useLoaded(
    (signal) => ask<{ items: Rule[] }>("rules", { limit: 1000 }, signal),
    "rules",
  );
  const own = orderedAlerts.value.map(({ rule }) => rule);
  return [...new Set([...(value.value?.items.map(({ name }) => name) ?? []), ...own])].sort();
}

interface ChoiceProps {
  label: string;
  name: string;
  value: string | null;
  /** What is said where nothing is chosen. */
  all: string;
  choices: readonly (readonly [value: string, text: string])[];
}

function Choice({ label, name, value, all, choices }: ChoiceProps) {
  const isKnown = value === null || choices.some(([each]) => each === value);
  return (
    <select
      class={value === null ? "chip pickchip" : "chip pickchip on"}
      aria-label={label}
      value={value ?? ""}
      onChange={(event) => look({ [name]: event.currentTarget.value || null })}
    >
      <option value="">{all}</option>
      {!isKnown && <option value={value}>{value}</option>}
      {choices.map(([each, text]) => (
        <option key={each} value={each}>
          {text}
        </option>
      ))}
    </select>
  );
}
