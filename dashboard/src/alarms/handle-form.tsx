/** Acknowledge with a note: two clicks, or A and then Ctrl Enter; a digit picks a ready note. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import type { Alert } from "../api/shape";
import { goTo, isAfterG } from "../frame/digits";
import { useKeys } from "../keys";
import { Button, Refusal, sayRefusal } from "../parts/controls";
import { Dialog } from "../parts/dialog";
import { words } from "../words";
import { acknowledging, endAcknowledging, evidenceShown } from "./acknowledging";
import { sayDone } from "./announcer";
import { alertPlace, alertSentence } from "./sentence";
import { evidenceAlert, openAlerts } from "./store";
import { acknowledge } from "./verbs";

/** The form in a dialog, where the evidence of the alert is not on the page. */
export function AcknowledgeDialog() {
  const id = acknowledging.value;
  const alert = id === null ? null : (openAlerts.value.get(id) ?? evidenceAlert.value);
  if (!alert || alert.id !== id || evidenceShown.value === id) return null;
  return (
    <Dialog title={words().alarms.acknowledge} onClose={() => endAcknowledging(alert.id)}>
      <div class="b">{alertSentence(alert)}</div>
      <div class="sec sm">{alertPlace(alert)}</div>
      <AcknowledgeForm alert={alert} />
    </Dialog>
  );
}

interface FormProps {
  alert: Alert;
  /** What else can be done, beside the button. */
  children?: ComponentChildren;
}

export function AcknowledgeForm({ alert, children }: FormProps) {
  const told = words().alarms;
  const form = useNoteForm(alert);
  const keys = Object.fromEntries(
    told.ready.map((_, index) => [String(index + 1), () => form.pressDigit(index)]),
  );
  const isOpen = acknowledging.value === alert.id;
  useKeys({ ...keys, "Ctrl Enter": isOpen ? () => void form.send() : undefined });
  const id = useId();
  return (
    <div class="ackform">
      <div class="ready">
        {told.ready.map((text, index) => (
          <button
            type="button"
            key={text}
            class={form.note.value === text ? "chip on" : "chip"}
            aria-pressed={form.note.value === text}
            onClick={() => form.takeReady(index)}
          >
            <kbd class="no-ph">{index + 1}</kbd>
            {text}
          </button>
        ))}
      </div>
      <label class="unseen" for={id}>
        {told.note}
      </label>
      <textarea
        id={id}
        ref={form.box}
        rows={1}
        maxLength={2000}
        placeholder={told.note}
        value={form.note.value}
        onFocus={() => {
          acknowledging.value = alert.id;
        }}
        onKeyDown={form.typed}
        onInput={(event) => form.write(event.currentTarget.value)}
      />
      <Refusal text={form.refusal} />
      <div class="row">
        <Button
          primary
          icon="tick"
          extra="tall grow"
          disabled={form.busy.value}
          onClick={() => void form.send()}
        >
          {form.busy.value ? told.acknowledging : told.acknowledgeWithNote}
          <kbd class="no-ph">Ctrl Enter</kbd>
        </Button>
        {children}
      </div>
    </div>
  );
}

/** The note and what is done with it. A digit picks a ready note until somebody has typed one. */
function useNoteForm(alert: Alert) {
  const usual = alert.severity === "critical" ? words().alarms.usualNote : "";
  const note = useSignal(usual);
  const isTyped = useSignal(false);
  const busy = useSignal(false);
  const refusal = useSignal<string | null>(null);
  const box = useRef<HTMLTextAreaElement>(null);
  const isOpen = acknowledging.value === alert.id;
  // At once, so that it takes no key from what somebody goes to next.
  useLayoutEffect(() => {
    if (!isOpen || document.activeElement === box.current) return;
    box.current?.focus();
    box.current?.select();
  }, [isOpen]);
  const takeReady = (index: number) => {
    acknowledging.value = alert.id;
    note.value = words().alarms.ready[index] ?? note.value;
    isTyped.value = false;
  };
  const send = async () => {
    if (busy.value) return;
    busy.value = true;
    refusal.value = null;
    // The form goes; the focus stays at the evidence that it belonged to.
    const home = box.current?.closest<HTMLElement>(".evidence");
    try {
      await acknowledge(alert.id, note.value.trim());
      // Who has gone on to something else meanwhile is left there.
      const focus = document.activeElement;
      if (focus === document.body || home?.contains(focus)) home?.focus();
      sayDone(words().alarms.states.acknowledged(""));
      endAcknowledging(alert.id);
    } catch (error) {
      refusal.value = sayRefusal(error);
    } finally {
      busy.value = false;
    }
  };
  return {
    note,
    busy,
    refusal,
    box,
    send,
    takeReady,
    pressDigit: (index: number) => (isAfterG() ? goTo(index + 1) : takeReady(index)),
    typed: (event: KeyboardEvent) => {
      const index = Number(event.key) - 1;
      const isReady = words().alarms.ready[index] !== undefined && !event.ctrlKey && !event.altKey;
      if (!isReady || isTyped.value) return;
      event.preventDefault();
      takeReady(index);
    },
    write: (text: string) => {
      note.value = text;
      isTyped.value = text !== "";
    },
  };
}
