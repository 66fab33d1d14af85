/** What the rules would have said of the last day with this zone as it is drawn now. */
import { useEffect } from "preact/hooks";
import { type Draft, entryOf, patchOf } from "../../drawing/draft";
import { PreviewCard } from "../../preview/card";
import { type Changed, createPreviewing } from "../../preview/run";
import { editor, entry } from "./store";
import { canBeSaved } from "./verdict";

const previewing = createPreviewing();

export function ZonePreview() {
  const draft = editor.draft.value;
  const was = editor.was.value;
  useEffect(() => previewing.cancel, [was]);
  if (!draft) return null;
  const changed = editor.changes.value > 0 && canBeSaved() ? changedBy(draft) : null;
  if (changed === null && previewing.preview.value === null) return null;
  return <PreviewCard previewing={previewing} changed={changed} zone={draft.name.trim()} />;
}

/** The change as the gateway previews it; null while it has no name. */
function changedBy(draft: Draft): Changed | null {
  const read = entry.value;
  const was = editor.was.value;
  if (!draft.name.trim()) return null;
  if (!read?.name || !was) return { zones: { [draft.name.trim()]: entryOf(draft) } };
  return { zones: { [read.name]: patchOf(was, draft, read.settings) } };
}
