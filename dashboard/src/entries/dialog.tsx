/** An entry of the site file in a dialog: read, edited, saved. */
import { useRef } from "preact/hooks";
import { Dialog } from "../parts/dialog";
import { useLoaded } from "../parts/loaded";
import { words } from "../words";
import { EntryEditor } from "./editor";
import { type Entry, readEntry, type Settings } from "./entry";
import { type KindPart, type Kinds, readKinds } from "./schema";

interface EntryDialogProps {
  part: KindPart;
  /** Null for a new one. */
  name: string | null;
  /** What a new one begins with. */
  fresh: Settings | (() => Promise<Settings>);
  title: string;
  onClose: () => void;
  /** Something was saved. */
  onDone: () => void;
  preview?: (entry: Entry, settings: Settings) => preact.ComponentChildren;
}

type Read = readonly [entry: Entry & { part: KindPart }, kinds: Kinds];

export function EntryDialog(props: EntryDialogProps) {
  const { part, name, fresh, preview } = props;
  const isChanged = useRef(false);
  const loaded = useLoaded<Read>(async () => {
    const entry = name === null ? await begun(fresh) : await readEntry(part, name);
    return [{ ...entry, part }, await readKinds(part)];
  }, `${part} ${name}`);
  const done = () => {
    props.onClose();
    props.onDone();
  };
  const [entry, kinds] = loaded.value.value ?? [];
  return (
    <Dialog title={props.title} onClose={props.onClose} unsaved={() => isChanged.current} careful>
      {loaded.failed.value && <p role="alert">{loaded.failed.value}</p>}
      {!entry && !loaded.failed.value && <p class="mut">{words().frame.loading}</p>}
      {entry && kinds && (
        <EntryEditor
          entry={entry}
          kinds={kinds}
          onDone={done}
          onChanged={(is) => {
            isChanged.current = is;
          }}
          preview={preview}
        />
      )}
    </Dialog>
  );
}

async function begun(fresh: EntryDialogProps["fresh"]) {
  return { name: null, settings: typeof fresh === "function" ? await fresh() : fresh, etag: null };
}
