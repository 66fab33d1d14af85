/** A question over the page; Escape and a click outside close it. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { words } from "../words";
import { Button } from "./controls";

interface DialogProps {
  title: string;
  children: ComponentChildren;
  onClose: () => void;
  /** Whether something would be lost; then closing asks first. */
  unsaved?: () => boolean;
  /** What it does is to be looked at first, so Enter in a field does nothing. */
  careful?: boolean;
}

/** Shown as long as it is rendered; the focus begins at its first field, and goes back to where it was. */
export function Dialog({ title, children, onClose, unsaved, careful }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const warned = useSignal(false);
  /** Whether it stays open, for once, and says why. */
  const stays = () => {
    const first = unsaved?.() === true && !warned.value;
    warned.value = first || warned.value;
    return first;
  };
  // What shows it is told at once, so that who opens it again in the same moment has it again.
  const close = () => stays() || onClose();
  const isShown = useRef(true);
  const isBegun = useRef(false);
  useLayoutEffect(() => {
    const openers = withParents(document.activeElement);
    dialog.current?.showModal();
    isBegun.current = beginIn(dialog.current);
    return () => {
      isShown.current = false;
      dialog.current?.close();
      // What opened it may go with the same change.
      requestAnimationFrame(() => focusNear(openers));
    };
  }, []);
  useEffect(() => {
    // The fields may come later than their dialog.
    isBegun.current ||= beginIn(dialog.current);
  });
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-label={title}
      onClose={() => isShown.current && onClose()}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onClick={(event) => event.target === dialog.current && close()}
      onKeyDown={careful ? undefined : answer}
    >
      <div class="dialog-body">
        <header class="row btw">
          <h2>{title}</h2>
          <Button ghost icon="close" label={words().frame.close} onClick={close} />
        </header>
        {warned.value && (
          <p class="refusal" role="alert">
            {words().frame.unsaved}
          </p>
        )}
        {children}
      </div>
    </dialog>
  );
}

/** Enter in a field of one line does what the filled button says, as in a form. */
function answer(event: KeyboardEvent & { currentTarget: HTMLDialogElement }): void {
  const isAsked = event.key === "Enter" && !event.repeat && !event.isComposing;
  const { target } = event;
  if (!isAsked || event.defaultPrevented || !(target instanceof HTMLInputElement)) return;
  if (target.form || !target.matches(FIELDS)) return;
  event.preventDefault();
  event.currentTarget.querySelector<HTMLElement>(".btn.pri:not(:disabled)")?.click();
}

/** What is filled in; a dialog of switches alone is only looked at. */
const FIELDS = ":is(input:not([type=checkbox], [type=range]), select, textarea):not(:disabled)";

/** Put the focus on the first field; whether there is one, or somebody has put it elsewhere. */
function beginIn(dialog: HTMLDialogElement | null): boolean {
  const now = document.activeElement;
  if (now?.matches(FIELDS) && dialog?.contains(now)) return true;
  const first = dialog?.querySelector<HTMLElement>(FIELDS);
  first?.focus();
  return first !== null && first !== undefined;
}

function withParents(element: Element | null): Element[] {
  const all: Element[] = [];
  for (let each = element; each; each = each.parentElement) all.push(each);
  return all;
}

/** Where the focus was lost with what had opened the dialog, it goes to what is nearest to that. */
function focusNear(openers: readonly Element[]): void {
  if (document.activeElement !== document.body || openers[0] === document.body) return;
  const home = openers.find((each) => each.isConnected && focusable(each));
  if (home) focusable(home)?.focus();
}

function focusable(home: Element): HTMLElement | null {
  return home.querySelector<HTMLElement>("a[href], button:not(:disabled)");
}
