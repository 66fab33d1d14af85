/** What can not be taken back is done by a second press; the button stays, and with it the focus. */
import { useSignal } from "@preact/signals";
import { Action } from "./controls";

interface TwiceProps {
  /** What it says first, and what it says then. */
  first: string;
  really: string;
  act: () => Promise<unknown>;
}

export function Twice({ first, really, act }: TwiceProps) {
  const sure = useSignal(false);
  const press = async () => {
    if (sure.value) await act();
    else sure.value = true;
  };
  return <Action act={press}>{sure.value ? really : first}</Action>;
}
