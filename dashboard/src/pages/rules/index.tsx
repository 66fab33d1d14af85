/** What must not happen, who is told, and what became of each message. */
import { asked, look } from "../../address";
import { Button, Segments } from "../../parts/controls";
import { may } from "../../session";
import { words } from "../../words";
import { ChannelsTable } from "./channels";
import { DeliveriesTable } from "./deliveries";
import { RulesTable } from "./rules";

const VIEWS = ["rules", "channels", "deliveries"] as const;
type View = (typeof VIEWS)[number];

export function Page() {
  const told = words().rules;
  const view = VIEWS.find((each) => each === asked("view")) ?? "rules";
  const newText = { rules: told.newRule, channels: told.newChannel, deliveries: null }[view];
  return (
    <>
      <div class="bar tabbed">
        <h1>{words().frame.pages.rules}</h1>
        <Segments<View>
          label={words().frame.pages.rules}
          choices={VIEWS.map((name) => ({ name, text: told[name] }))}
          chosen={view}
          onChoose={(name) => look({ view: name === "rules" ? null : name, edit: null }, true)}
        />
        <span class="grow" />
        {newText && may("site") && (
          <Button primary onClick={() => look({ edit: null, add: 1 })}>
            {newText}
          </Button>
        )}
      </div>
      <div class="page">
        {view === "rules" && <RulesTable />}
        {view === "channels" && <ChannelsTable />}
        {view === "deliveries" && <DeliveriesTable />}
      </div>
    </>
  );
}
