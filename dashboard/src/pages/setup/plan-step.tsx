/** A floor: its name, its size, and a picture where there is one. */
import { floors } from "../../site";
import { words } from "../../words";
import { NewFloor, PlanUpload } from "../zones/floor";
import type { StepProps } from ".";

export function PlanStep({ again }: StepProps) {
  const told = words().setup;
  const there = floors.value;
  const newest = there.at(-1);
  return (
    <section class="wizard-form col">
      <h2>{told.planTitle}</h2>
      <p class="sec">{told.planText}</p>
      {newest && (
        <>
          <p class="sm">
            {told.planThere(
              there.map(({ name, size_m }) => `${name} (${size_m.join(" × ")} m)`).join(", "),
            )}
          </p>
          <h3>{told.planPicture}</h3>
          <PlanUpload floor={newest} key={newest.name} />
        </>
      )}
      <NewFloor isFirst={!newest} done={() => void again()} />
    </section>
  );
}
