/** Questions over the page: what is not saved, what somebody else has saved, what is to be deleted. */
import { useSignal } from "@preact/signals";
import { RefusedError } from "../../api/client";
import type { Draft } from "../../drawing/draft";
import { differences, draftOf } from "../../drawing/draft";
import { pointText } from "../../drawing/editor";
import { wrongText } from "../../entries/wrong";
import { Action, Button, Refusal } from "../../parts/controls";
import { Dialog } from "../../parts/dialog";
import { words } from "../../words";
import { deleting } from "./deleting";
import { asking } from "./guard";
import { close, conflict, editor, keepMine, remove, takeTheirs } from "./store";

export function Dialogs() {
  return (
    <>
      {asking.value && <Leaving leave={asking.value} />}
      {conflict.value && <Conflict />}
      {deleting.value && <Deleting />}
    </>
  );
}

function Leaving({ leave }: { leave: () => void }) {
  const told = words().places;
  const stay = () => {
    asking.value = null;
  };
  return (
    <Dialog title={told.leaveTitle} onClose={stay}>
      <p>{told.leaveText(editor.draft.value?.name ?? "")}</p>
      <div class="row">
        <Button
          extra="tall"
          onClick={() => {
            stay();
            close();
            leave();
          }}
        >
          {told.leaveNow}
        </Button>
        <Button primary extra="tall" onClick={stay}>
          {told.stay}
        </Button>
      </div>
    </Dialog>
  );
}

function Deleting() {
  const told = words().places;
  const end = () => {
    deleting.value = false;
  };
  const refusal = useSignal<string | null>(null);
  const act = async () => {
    try {
      await remove();
      end();
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      refusal.value = wrongText(error);
    }
  };
  return (
    <Dialog title={told.removeTitle(editor.was.value?.name ?? "")} onClose={end}>
      <p>{told.removeText}</p>
      <Refusal text={refusal} />
      <div class="row">
        <Action extra="tall" act={act}>
          {told.removeNow}
        </Action>
        <Button primary extra="tall" onClick={end}>
          {words().frame.cancel}
        </Button>
      </div>
    </Dialog>
  );
}

/** Both versions side by side; the other outline is dashed on the plan behind. */
function Conflict() {
  const told = words().places;
  const met = conflict.value;
  const mine = editor.draft.value;
  const theirs = met?.zone ? draftOf(met.zone) : null;
  // Neither: the next attempt to save asks again.
  const lookFirst = () => {
    conflict.value = null;
  };
  return (
    <Dialog title={told.conflictTitle} onClose={lookFirst}>
      <p>{theirs ? told.conflictText : told.conflictGone}</p>
      {mine && theirs && <Compared mine={mine} theirs={theirs} />}
      <div class="row">
        {theirs && (
          <Action extra="tall" act={keepMine}>
            {told.keepMine}
          </Action>
        )}
        <Button primary extra="tall" onClick={takeTheirs}>
          {theirs ? told.takeTheirs : words().frame.close}
        </Button>
      </div>
    </Dialog>
  );
}

function Compared({ mine, theirs }: { mine: Draft; theirs: Draft }) {
  const told = words().places;
  const parts = differences(mine, theirs);
  return (
    <table>
      <thead>
        <tr>
          <th />
          <th scope="col">{told.yours}</th>
          <th scope="col">{told.theirs}</th>
        </tr>
      </thead>
      <tbody>
        {parts.map((part) => (
          <tr key={part}>
            <th scope="row">{part === "outline" ? told.cornersHead : told[part]}</th>
            <td>{shown(mine, part)}</td>
            <td>{shown(theirs, part)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function shown(draft: Draft, part: ReturnType<typeof differences>[number]): string {
  const told = words().places;
  if (part === "outline") return draft.outline.corners.map(pointText).join("; ");
  if (part === "role") return told.roles[draft.role];
  return draft[part] || "–";
}
