/** A question over the page; Escape and a click outside close it. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { words } from "../words";
import { Button } from "./controls";

interface DialogProps {
  title: string;
  children: ComponentChildren;
  onClose: () => void;
  /** Whether something would be lost; then closing asks first. */
  unsaved?: () => boolean;
}

/** Shown as long as it is rendered; the focus goes back to where it was. */
export function Dialog({ title, children, onClose, unsaved }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const warned = useSignal(false);
  /** Whether it stays open, for once, and says why. */
  const stays = () => {
    const first = unsaved?.() === true && !warned.value;
    warned.value = first || warned.value;
    return first;
  };
  const close = () => stays() || dialog.current?.close();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a dialog by itself
    <dialog
      ref={dialog}
      class="dialog"
      aria-label={title}
      onClose={onClose}
      onCancel={(event) => stays() && event.preventDefault()}
      onClick={(event) => event.target === dialog.current && close()}
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
