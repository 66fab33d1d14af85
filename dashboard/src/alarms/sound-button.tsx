/** The state of the sound: on, silenced until, off, blocked. */
import { Button } from "../parts/controls";

export function SoundButton() {
  return <Button ghost icon="sound" label="Sound" />;
}
