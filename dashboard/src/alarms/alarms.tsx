/** Follows the alarms, sounds and announces them, on whatever page it stands. */
import { useEffect } from "preact/hooks";
import { Announcer } from "./announcer";
import { showNewCritical } from "./banner-state";
import { followAlarms } from "./follow";
import { startSound } from "./sound";

export function Alarms() {
  useEffect(() => {
    const ends = [followAlarms(), startSound(), showNewCritical()];
    return () => {
      for (const end of ends) end();
    };
  }, []);
  return <Announcer />;
}
