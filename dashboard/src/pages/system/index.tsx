/** How the gateway is, who may use it, and who did what. */
import { asked, look } from "../../address";
import { Segments } from "../../parts/controls";
import { may } from "../../session";
import { words } from "../../words";
import { AuditLog } from "./audit";
import { Overview } from "./overview";
import { People } from "./people";
import { Versions } from "./versions";

const RIGHTS = { overview: "look", people: "people", audit: "audit", versions: "site" } as const;
type View = keyof typeof RIGHTS;

export function Page() {
  const told = words().system;
  const views = (Object.keys(RIGHTS) as View[]).filter((each) => may(RIGHTS[each]));
  const view = views.find((each) => each === asked("view")) ?? "overview";
  return (
    <>
      <div class="bar tabbed">
        <h1>{words().frame.pages.system}</h1>
        {views.length > 1 && (
          <Segments<View>
            label={words().frame.pages.system}
            choices={views.map((name) => ({ name, text: told.views[name] }))}
            chosen={view}
            onChoose={(name) => look({ view: name === "overview" ? null : name }, true)}
          />
        )}
      </div>
      <div class="page">
        {views.length < Object.keys(RIGHTS).length && <p class="sm sec">{told.readOnly}</p>}
        {view === "overview" && <Overview />}
        {view === "people" && <People />}
        {view === "audit" && <AuditLog />}
        {view === "versions" && <Versions />}
      </div>
    </>
  );
}
