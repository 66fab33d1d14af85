/** Edits the entry that the address names (`edit`), or a new one (`add`). */
import { asked, look } from "../../address";
import { EntryDialog } from "../../entries/dialog";
import type { Entry, Settings } from "../../entries/entry";
import type { KindPart } from "../../entries/schema";

interface EditProps {
  part: KindPart;
  /** What a new one begins with. */
  fresh: Settings;
  title: string;
  onDone: () => void;
  preview?: (entry: Entry, settings: Settings) => preact.ComponentChildren;
}

export function EditDialog({ title, ...props }: EditProps) {
  const name = asked("edit");
  if (name === null && asked("add") === null) return null;
  const close = () => look({ edit: null, add: null });
  return <EntryDialog key={name} name={name} title={name ?? title} onClose={close} {...props} />;
}
