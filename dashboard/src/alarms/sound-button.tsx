/** The state of the sound: on, silenced until, off, blocked; and a small dialog to change it. */
import { signal } from "@preact/signals";
import { useId } from "preact/hooks";
import { Button } from "../parts/controls";
import { Dialog } from "../parts/dialog";
import { clock, clockOffsetMs } from "../times";
import { words } from "../words";
import {
  endSilence,
  isLeading,
  isSoundOn,
  silence,
  silencedUntilMs,
  soundState,
  volume,
} from "./sound";
import { isBlocked, play, unblock } from "./tones";

const isOpen = signal(false);

export function SoundButton() {
  const told = words().alarms.sound;
  const state = soundState.value;
  const open = () => {
    isOpen.value = true;
  };
  return (
    <>
      {state === "blocked" ? (
        <Button
          extra="soundblocked"
          icon="muted"
          label={told.blocked}
          onClick={() => void unblock()}
        >
          <span class="no-narrow">{told.blocked}</span>
        </Button>
      ) : (
        <Button
          ghost
          extra={state === "on" ? "" : "soundnot"}
          icon={state === "on" ? "sound" : "muted"}
          label={textOf(state)}
          onClick={open}
        />
      )}
      {isOpen.value && <SoundDialog />}
    </>
  );
}

function untilText(): string {
  return clock(silencedUntilMs.value + clockOffsetMs.value);
}

function textOf(state: "on" | "off" | "silenced" | "blocked"): string {
  const told = words().alarms.sound;
  return state === "silenced" ? told.silenced(untilText()) : told[state];
}

function SoundDialog() {
  const told = words().alarms.sound;
  const id = useId();
  const test = async () => {
    await unblock();
    play("warning", volume.value);
    setTimeout(() => play("critical", volume.value), 900);
  };
  return (
    <Dialog
      title={told.name}
      onClose={() => {
        isOpen.value = false;
      }}
    >
      <p class="b" role="status">
        {textOf(soundState.value)}
      </p>
      <label class="check">
        <input
          type="checkbox"
          checked={isSoundOn.value}
          onChange={(event) => {
            isSoundOn.value = event.currentTarget.checked;
          }}
        />
        {told.switchOn}
      </label>
      <div class="field">
        <label for={id}>{told.volume}</label>
        <input
          id={id}
          class="slide"
          type="range"
          min="0.05"
          max="1"
          step="0.05"
          value={volume.value}
          onInput={(event) => {
            volume.value = Number(event.currentTarget.value);
          }}
        />
      </div>
      <div class="row">
        <Button extra="tall" onClick={() => void test()}>
          {told.test}
        </Button>
        {soundState.value === "silenced" ? (
          <Button extra="tall" onClick={endSilence}>
            {told.endSilence}
          </Button>
        ) : (
          <Button extra="tall" keyName="S" onClick={silence}>
            {words().alarms.silence}
          </Button>
        )}
      </div>
      {isBlocked.value && <p class="sm">{told.blocked}</p>}
      <p class="sec sm">{told.what}</p>
      {!isLeading.value && <p class="sec sm">{told.elsewhere}</p>}
    </Dialog>
  );
}
