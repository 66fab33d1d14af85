/** Edits the entry that the address names (`edit`), or a new one (`add`). */
import { asked, look } from "../../address";
import { EntryEditor } from "../../entries/editor";
import { type Entry, type Part, readEntry, type Settings } from "../../entries/entry";
import { Dialog } from "../../parts/dialog";
import { useLoaded } from "../../parts/loaded";
import { words } from "../../words";

interface EditProps {
  part: Part;
  /** What a new one begins with. */
  fresh: Settings;
  title: string;
  onDone: () => void;
  preview?: (entry: Entry, settings: Settings) => preact.ComponentChildren;
}

export function EditDialog(props: EditProps) {
  const name = asked("edit");
  if (name === null && asked("add") === null) return null;
  return <Opened key={name} name={name} {...props} />;
}

function Opened({
  part,
  fresh,
  name,
  title,
  onDone,
  preview,
}: EditProps & { name: string | null }) {
  const loaded = useLoaded<Entry>(
    async () =>
      name === null ? { part, name, settings: fresh, etag: null } : await readEntry(part, name),
    `${part} ${name}`,
  );
  const close = () => look({ edit: null, add: null });
  const done = () => {
    close();
    onDone();
  };
  const entry = loaded.value.value;
  return (
    <Dialog title={name ?? title} onClose={close}>
      {loaded.failed.value && <p role="alert">{loaded.failed.value}</p>}
      {!entry && !loaded.failed.value && <p class="mut">{words().frame.loading}</p>}
      {entry && (
        <EntryEditor
          entry={entry}
          onDone={done}
          {...(preview ? { preview: (settings: Settings) => preview(entry, settings) } : {})}
        />
      )}
    </Dialog>
  );
}
