/** Whether somebody is being asked if the zone is to be deleted. */
import { signal } from "@preact/signals";

export const deleting = signal(false);
