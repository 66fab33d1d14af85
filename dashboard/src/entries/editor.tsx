/** Edits one entry of the site file as text: what it would change is shown before it is saved. */
import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { RefusedError } from "../api/client";
import { Action, Button, Refusal } from "../parts/controls";
import { words } from "../words";
import { type Entry, removeEntry, type Settings, writeEntry } from "./entry";
import { settingsIn, textOf } from "./text";

interface EntryEditorProps {
  entry: Entry;
  onDone: () => void;
  /** More to see before saving, such as what a rule would have said. */
  preview?: (settings: Settings) => preact.ComponentChildren;
}

export function EntryEditor({ entry, onDone, preview }: EntryEditorProps) {
  const told = words().rules.editor;
  const id = useId();
  const text = useSignal(textOf(entry.settings));
  const wrong = useSignal<string | null>(null);
  const changes = useSignal<string | null>(null);
  const changed = text.value !== textOf(entry.settings);

  const settled = async (act: (settings: Settings) => Promise<void>) => {
    wrong.value = null;
    try {
      await act(settingsIn(text.value));
    } catch (error) {
      wrong.value = sayWrong(error);
    }
  };
  const check = () =>
    settled(async (settings) => {
      const edited = await writeEntry({ ...entry, settings }, true);
      changes.value = [edited.changes, ...edited.warnings.map(sayProblem)].join("\n").trim();
    });
  const save = () =>
    settled(async (settings) => {
      await writeEntry({ ...entry, settings });
      onDone();
    });
  const remove = async () => {
    await removeEntry(entry);
    onDone();
  };

  return (
    <div class="col entry">
      <label for={id} class="xs sec">
        {told.label}
      </label>
      <textarea
        id={id}
        class="mono"
        rows={Math.min(24, text.value.split("\n").length + 2)}
        spellcheck={false}
        value={text.value}
        aria-invalid={wrong.value !== null || undefined}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          changes.value = null;
        }}
      />
      <Refusal text={wrong} />
      {changes.value !== null && <pre class="diff">{changes.value || told.noChange}</pre>}
      {changes.value !== null && preview?.(settingsIn(text.value))}
      <div class="row">
        <Action act={check} busyText={told.checking}>
          {told.check}
        </Action>
        <Action
          primary
          act={save}
          busyText={words().frame.saving}
          disabled={!changed && entry.name !== null}
        >
          {words().frame.save}
        </Action>
        <span class="grow" />
        {entry.name !== null && <Remove act={remove} />}
      </div>
    </div>
  );
}

/** Removes after a second press, so that one slip takes nothing away. */
function Remove({ act }: { act: () => Promise<void> }) {
  const sure = useSignal(false);
  const told = words().rules.editor;
  if (!sure.value) {
    return (
      <Button
        ghost
        onClick={() => {
          sure.value = true;
        }}
      >
        {told.remove}
      </Button>
    );
  }
  return <Action act={act}>{told.reallyRemove}</Action>;
}

function sayWrong(error: unknown): string {
  const told = words().rules.editor;
  if (error instanceof SyntaxError) return `${told.notJson}: ${error.message}`;
  if (!(error instanceof RefusedError)) throw error;
  if (error.status === 412) return told.changedMeanwhile;
  const errors = error.problem.errors ?? [];
  return errors.length
    ? errors.map((each) => `${each.field}: ${each.message}`).join("\n")
    : error.message;
}

function sayProblem(problem: { key?: string; message: string }): string {
  return problem.key ? `${problem.key}: ${problem.message}` : problem.message;
}
