/** What else is done about an alert, each in a small dialog: shelve, close, assign, comment. */
import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Alert } from "../api/shape";
import { Action, Button, Field, Segments } from "../parts/controls";
import { Dialog } from "../parts/dialog";
import { me } from "../session";
import { words } from "../words";
import { alertSentence } from "./sentence";
import {
  assign,
  canClose,
  canShelve,
  canUnshelve,
  closeAlert,
  comment,
  mayHandle,
  shelve,
  unshelve,
} from "./verbs";

type Verb = "shelve" | "close" | "assign" | "comment";

interface DialogProps {
  alert: Alert;
  onClose: () => void;
}

/** What puts it aside or ends it, as far as the gateway would take that now. */
export function EndVerbs({ alert, children }: { alert: Alert; children?: ComponentChildren }) {
  const open = useSignal<Verb | null>(null);
  const told = words().alarms;
  if (!mayHandle()) return null;
  return (
    <>
      {canClose(alert) && (
        <Button primary extra="tall grow" onClick={opens(open, "close")}>
          {told.close}
        </Button>
      )}
      {canUnshelve(alert) && (
        <Action extra="tall" busyText={told.unshelving} act={() => unshelve(alert.id)}>
          {told.unshelve}
        </Action>
      )}
      {canShelve(alert) && (
        <Button extra="tall" onClick={opens(open, "shelve")}>
          {told.shelve}
        </Button>
      )}
      {children}
      <VerbDialog alert={alert} open={open} />
    </>
  );
}

/** What changes nothing else: who looks after it, a comment; and the ways on. */
export function SmallVerbs({ alert, children }: { alert: Alert; children?: ComponentChildren }) {
  const open = useSignal<Verb | null>(null);
  const told = words().alarms;
  return (
    <div class="smallverbs">
      {children}
      {mayHandle() && alert.state !== "cleared" && (
        <>
          <button type="button" class="linkish plainlink" onClick={opens(open, "assign")}>
            {told.assign}
          </button>
          <button type="button" class="linkish plainlink" onClick={opens(open, "comment")}>
            {told.comment}
          </button>
        </>
      )}
      <VerbDialog alert={alert} open={open} />
    </div>
  );
}

function opens(open: Signal<Verb | null>, verb: Verb) {
  return () => {
    open.value = verb;
  };
}

function VerbDialog({ alert, open }: { alert: Alert; open: Signal<Verb | null> }) {
  const props = {
    alert,
    onClose: () => {
      open.value = null;
    },
  };
  switch (open.value) {
    case "shelve":
      return <ShelveDialog {...props} />;
    case "close":
      return <CloseDialog {...props} />;
    case "assign":
      return <AssignDialog {...props} />;
    case "comment":
      return <CommentDialog {...props} />;
    default:
      return null;
  }
}

const SPANS = [
  { name: "m15", s: 900 },
  { name: "h1", s: 3600 },
  { name: "h4", s: 14_400 },
  { name: "h8", s: 28_800 },
] as const;

function ShelveDialog({ alert, onClose }: DialogProps) {
  const told = words().alarms;
  const chosen = useSignal<(typeof SPANS)[number]["name"]>("h1");
  const reason = useSignal("");
  const for_s = SPANS.find(({ name }) => name === chosen.value)?.s ?? 3600;
  const act = async () => {
    await shelve(alert.id, for_s, reason.value.trim());
    onClose();
  };
  return (
    <Dialog title={told.shelveTitle} onClose={onClose}>
      <About alert={alert} text={told.shelveText} />
      <Segments
        label={told.shelveFor}
        choices={SPANS.map(({ name }) => ({ name, text: told.spans[name] }))}
        chosen={chosen.value}
        onChoose={(name) => {
          chosen.value = name;
        }}
      />
      <Text label={told.reason} text={reason} hint={told.reasonNeeded} />
      <Action
        primary
        extra="tall"
        busyText={told.shelving}
        disabled={reason.value.trim() === ""}
        act={act}
      >
        {told.shelveNow}
      </Action>
    </Dialog>
  );
}

function CloseDialog({ alert, onClose }: DialogProps) {
  const told = words().alarms;
  const note = useSignal("");
  const act = async () => {
    await closeAlert(alert.id, note.value.trim());
    onClose();
  };
  return (
    <Dialog title={told.closeTitle} onClose={onClose}>
      <About alert={alert} text={told.closeText} />
      <Text label={told.note} text={note} />
      <Action primary extra="tall" busyText={told.closing} act={act}>
        {told.closeNow}
      </Action>
    </Dialog>
  );
}

function AssignDialog({ alert, onClose }: DialogProps) {
  const told = words().alarms;
  const name = useSignal(alert.assignee ?? "");
  const give = async (to: string | null) => {
    await assign(alert.id, to);
    onClose();
  };
  const mine = me.value?.name ?? "";
  return (
    <Dialog title={told.assignTitle} onClose={onClose}>
      <About alert={alert} text="" />
      <Text label={told.assignTo} text={name} />
      <div class="row verbs">
        <Action
          primary
          extra="tall"
          busyText={told.assigning}
          disabled={name.value.trim() === ""}
          act={() => give(name.value.trim())}
        >
          {told.assignNow}
        </Action>
        <Action extra="tall" act={() => give(mine)}>
          {told.assignMe}
        </Action>
        {alert.assignee !== null && (
          <Action extra="tall" act={() => give(null)}>
            {told.assignNobody}
          </Action>
        )}
      </div>
    </Dialog>
  );
}

function CommentDialog({ alert, onClose }: DialogProps) {
  const told = words().alarms;
  const text = useSignal("");
  const act = async () => {
    await comment(alert.id, text.value.trim());
    onClose();
  };
  return (
    <Dialog title={told.commentTitle} onClose={onClose}>
      <About alert={alert} text={told.commentText} />
      <Text label={told.commentTitle} text={text} />
      <Action
        primary
        extra="tall"
        busyText={told.commenting}
        disabled={text.value.trim() === ""}
        act={act}
      >
        {told.commentNow}
      </Action>
    </Dialog>
  );
}

function About({ alert, text }: { alert: Alert; text: string }) {
  return (
    <div>
      <div class="b">{alertSentence(alert)}</div>
      {text && <div class="sec sm">{text}</div>}
    </div>
  );
}

function Text({ label, text, hint }: { label: string; text: Signal<string>; hint?: string }) {
  return (
    <Field
      label={label}
      value={text.value}
      {...(hint === undefined ? {} : { hint })}
      onInput={(value) => {
        text.value = value;
      }}
    />
  );
}
