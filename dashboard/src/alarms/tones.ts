/** The tones themselves, made by Web Audio: no files, nothing to load. */
import { signal } from "@preact/signals";
import type { ToneSeverity } from "./sound-plan";

interface Note {
  readonly hz: number;
  readonly atS: number;
  readonly forS: number;
}

/** Critical falls from one note to another; warning is one lower note. */
const NOTES: Record<ToneSeverity, readonly Note[]> = {
  critical: [
    { hz: 988, atS: 0, forS: 0.28 },
    { hz: 659, atS: 0.3, forS: 0.42 },
  ],
  warning: [{ hz: 587, atS: 0, forS: 0.4 }],
};
const RISE_S = 0.012;
const LOUDEST = 0.6;

/** Whether the browser lets us sound; it may want a press of a key or button first. */
export const isBlocked = signal(false);

let context: AudioContext | null = null;

function audio(): AudioContext | null {
  if (context || !("AudioContext" in globalThis)) return context;
  context = new AudioContext();
  const look = () => {
    isBlocked.value = context?.state !== "running";
  };
  context.addEventListener("statechange", look);
  look();
  return context;
}

/** Be ready to sound, as far as the browser allows; called by a press it always does. */
export async function unblock(): Promise<void> {
  const made = audio();
  if (!made) return;
  // Without a press this waits for one, and for ever where none comes.
  await Promise.race([made.resume(), new Promise((done) => setTimeout(done, 300))]);
  isBlocked.value = made.state !== "running";
}

/** Sound once, `volume` 0 to 1. Tells `tagwarden-sound` on the window; false where it is blocked. */
export function play(severity: ToneSeverity, volume: number): boolean {
  const made = audio();
  if (made?.state !== "running") {
    void unblock();
    return false;
  }
  for (const note of NOTES[severity]) soundNote(made, note, volume);
  dispatchEvent(new CustomEvent("tagwarden-sound", { detail: { severity } }));
  return true;
}

function soundNote(made: AudioContext, { hz, atS, forS }: Note, volume: number): void {
  const startS = made.currentTime + 0.02 + atS;
  const loudness = made.createGain();
  loudness.gain.setValueAtTime(0, startS);
  loudness.gain.linearRampToValueAtTime(volume ** 2 * LOUDEST, startS + RISE_S);
  loudness.gain.setValueAtTime(volume ** 2 * LOUDEST, startS + forS * 0.6);
  loudness.gain.linearRampToValueAtTime(0, startS + forS);
  const wave = made.createOscillator();
  wave.type = "triangle";
  wave.frequency.setValueAtTime(hz, startS);
  wave.connect(loudness).connect(made.destination);
  wave.start(startS);
  wave.stop(startS + forS);
}
