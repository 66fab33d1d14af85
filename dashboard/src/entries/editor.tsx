/** Edits one entry of the site file: what it would change is shown before it is saved. */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import { RefusedError } from "../api/client";
import { Action, Refusal, Segments } from "../parts/controls";
import { Twice } from "../parts/twice";
import { words } from "../words";
import { type Entry, readEntry, removeEntry, type Settings, writeEntry } from "./entry";
import { EntryForm } from "./form";
import { mergePatch, patched } from "./merge-patch";
import type { KindPart, Kinds } from "./schema";
import { settingsIn, textOf } from "./text";
import { type Wrong, wrongsIn } from "./wrong";

interface EntryEditorProps {
  entry: Entry & { part: KindPart };
  kinds: Kinds;
  onDone: () => void;
  /** Told whenever there is something to lose, or nothing any more. */
  onChanged: (isChanged: boolean) => void;
  /** More to see before saving, such as what a rule would have said. */
  preview?: ((entry: Entry, settings: Settings) => preact.ComponentChildren) | undefined;
}

export function EntryEditor({ entry, kinds, onDone, onChanged, preview }: EntryEditorProps) {
  const told = words().rules.editor;
  const edited = useEdited(entry);
  const { base, changes, wrongs, settled } = edited;
  const changed = edited.isChanged();
  const shown = useRef<HTMLDivElement>(null);
  useEffect(() => focusWrong(shown.current), [wrongs.value]);
  onChanged(changed);
  const check = () =>
    settled(async (settings) => {
      const answer = await writeEntry({ ...base.value, settings }, true);
      const said = [answer.changes, ...answer.warnings.map(sayProblem)].join("\n").trim();
      changes.value = { said, settings };
    });
  const save = () =>
    settled(async (settings) => {
      await writeEntry({ ...base.value, settings });
      onDone();
    });
  const remove = async () => {
    await removeEntry(base.value);
    onDone();
  };
  return (
    <div ref={shown} class="col entry">
      <LookPick edited={edited} />
      {edited.asText.value ? (
        <TextField edited={edited} />
      ) : (
        <EntryForm
          key={base.value.etag}
          part={entry.part}
          kinds={kinds}
          isNew={entry.name === null}
          settings={edited.settings}
          broken={edited.broken}
          wrongs={wrongs.value}
        />
      )}
      <Refusal text={edited.refusal} />
      {changes.value && <Changes said={changes.value.said} />}
      {changes.value && preview?.(base.value, changes.value.settings)}
      <div class="row entry-acts">
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
        {entry.name !== null && (
          <Twice first={told.remove} really={told.reallyRemove} act={remove} />
        )}
      </div>
    </div>
  );
}

/** The first field that is wrong may be far from the button. */
function focusWrong(form: HTMLElement | null): void {
  const field = form?.querySelector(".said.wrong")?.closest(".field");
  field?.querySelector<HTMLElement>("input, select, textarea")?.focus();
}

/** What would change; it is brought into view, since a form is longer than its window. */
function Changes({ said }: { said: string }) {
  const shown = useRef<HTMLPreElement>(null);
  useEffect(() => shown.current?.scrollIntoView({ block: "nearest" }), [said]);
  return (
    <pre ref={shown} class="diff" role="status">
      {said || words().rules.editor.noChange}
    </pre>
  );
}

/** An entry while it is edited, as a form or as text, and what was said of it. */
interface Edited {
  /** The entry as it was when it was last read. */
  base: Signal<Entry>;
  settings: Signal<Settings>;
  text: Signal<string>;
  asText: Signal<boolean>;
  broken: Signal<ReadonlySet<string>>;
  wrongs: Signal<readonly Wrong[]>;
  refusal: Signal<string | null>;
  changes: Signal<{ said: string; settings: Settings } | null>;
  isChanged: () => boolean;
  /** Do something with the settings, and say what is wrong with them. */
  settled: (act: (settings: Settings) => Promise<void>) => Promise<void>;
}

function useEdited(entry: Entry): Edited {
  const base = useSignal(entry);
  const settings = useSignal<Settings>(entry.settings);
  const text = useSignal(textOf(entry.settings));
  const asText = useSignal(false);
  const broken = useSignal<ReadonlySet<string>>(new Set());
  const wrongs = useSignal<readonly Wrong[]>([]);
  const refusal = useSignal<string | null>(null);
  const changes = useSignal<{ said: string; settings: Settings } | null>(null);
  const read = () => (asText.value ? settingsIn(text.value) : settings.value);
  const takeTheirs = async () => {
    const theirs = await onTop(base.value, read());
    base.value = theirs.base;
    settings.value = theirs.settings;
    text.value = textOf(theirs.settings);
    changes.value = null;
  };
  const settled: Edited["settled"] = async (act) => {
    wrongs.value = [];
    refusal.value = null;
    try {
      if (!asText.value && broken.value.size > 0) refusal.value = words().rules.form.unreadable;
      else await act(read());
    } catch (error) {
      const isLate = error instanceof RefusedError && error.status === 412;
      if (isLate) await takeTheirs();
      else if (error instanceof RefusedError) wrongs.value = wrongsIn(error);
      refusal.value = sayWrong(error, asText.value);
    }
  };
  const isChanged = () =>
    (asText.value ? text.value : textOf(settings.value)) !== textOf(base.value.settings) ||
    broken.value.size > 0;
  return { base, settings, text, asText, broken, wrongs, refusal, changes, isChanged, settled };
}

/** Somebody else was quicker: what was changed here is put on top of what stands there now. */
async function onTop(base: Entry, mine: Settings): Promise<{ base: Entry; settings: Settings }> {
  const now = base.name === null ? base : await readEntry(base.part, base.name);
  return { base: now, settings: patched(now.settings, mergePatch(base.settings, mine)) };
}

/** The same settings as fields or as text; what can not be read stays text. */
function LookPick({ edited }: { edited: Edited }) {
  const told = words().rules.form;
  const { asText, settings, text } = edited;
  const toText = () =>
    edited.settled(async (read) => {
      text.value = textOf(read);
      asText.value = true;
    });
  const toForm = () =>
    edited.settled(async (read) => {
      settings.value = read;
      asText.value = false;
    });
  return (
    <Segments
      label={told.look}
      choices={[
        { name: "form", text: told.form },
        { name: "text", text: told.text },
      ]}
      chosen={asText.value ? "text" : "form"}
      onChoose={(name) => void (name === "text" ? toText() : toForm())}
    />
  );
}

function TextField({ edited: { text, refusal, changes } }: { edited: Edited }) {
  const id = useId();
  return (
    <>
      <label for={id} class="xs sec">
        {words().rules.editor.label}
      </label>
      <textarea
        id={id}
        class="mono"
        rows={Math.min(24, text.value.split("\n").length + 2)}
        spellcheck={false}
        value={text.value}
        aria-invalid={refusal.value !== null || undefined}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          changes.value = null;
        }}
      />
    </>
  );
}

/** What is wrong: in a form, each problem stands at its field, and the rest is said here. */
function sayWrong(error: unknown, asText: boolean): string | null {
  const told = words().rules.editor;
  if (error instanceof SyntaxError) return `${told.notJson}: ${error.message}`;
  if (!(error instanceof RefusedError)) throw error;
  if (error.status === 412) return told.changedMeanwhile;
  const said = wrongsIn(error).map(({ key, text }) => (key ? `${key}: ${text}` : text));
  return asText ? said.join("\n") : said.join("; ");
}

function sayProblem(problem: { key?: string; message: string }): string {
  return problem.key ? `${problem.key}: ${problem.message}` : problem.message;
}
