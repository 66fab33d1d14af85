/** Antennas or devices, each with the zone that it hears. */
import { Button, Field, Pick } from "../../parts/controls";
import { zones } from "../../site";
import { words } from "../../words";
import { faultOf, type ReaderForm, type ReadPointRow } from "./reader-form";

interface PointRowsProps {
  form: ReaderForm;
  onRows: (rows: readonly ReadPointRow[]) => void;
}

export function PointRows({ form, onRows }: PointRowsProps) {
  const told = words().setup;
  const { driver, rows } = form;
  const choices = zones.value.map(({ name }) => ({ name, text: name }));
  const set = (place: number, fields: Partial<ReadPointRow>) =>
    onRows(rows.map((row, index) => (index === place ? { ...row, ...fields } : row)));
  const first = rows[0];
  if (driver === "serial" && first) {
    return (
      <Pick
        label={told.zone}
        value={first.zone}
        choices={choices}
        onPick={(zone) => set(0, { zone })}
      />
    );
  }
  const add = () => {
    const id = driver === "mqtt" ? "" : String(Math.max(0, ...rows.map(numberOf)) + 1);
    onRows([...rows, { id, zone: rows.at(-1)?.zone ?? choices[0]?.name ?? "" }]);
  };
  return (
    <fieldset class="col rows" aria-label={driver === "mqtt" ? told.devices : told.antennas}>
      <h3>{driver === "mqtt" ? told.devices : told.antennas}</h3>
      {rows.map((row, place) => (
        <div class="point-row" key={place}>
          <Field
            label={driver === "mqtt" ? told.device : told.antenna}
            value={row.id}
            onInput={(id) => set(place, { id })}
          />
          <Pick
            label={told.zone}
            value={row.zone}
            choices={choices}
            onPick={(zone) => set(place, { zone })}
          />
          <Button
            ghost
            icon="close"
            label={told.removeRow(row.id || String(place + 1))}
            disabled={rows.length === 1}
            onClick={() => onRows(rows.toSpliced(place, 1))}
          />
        </div>
      ))}
      {isWrong(form) && <p class="said wrong">{told.rowsWrong}</p>}
      <div>
        <Button icon="plus" onClick={add}>
          {told.addRow}
        </Button>
      </div>
    </fieldset>
  );
}

/** Whether the rows themselves are wrong, whatever else is still empty. */
function isWrong(form: ReaderForm): boolean {
  const isTouched = form.rows.every((row) => row.id.trim() !== "");
  return (
    isTouched && faultOf({ ...form, ...FILLED[form.driver], name: "x", topic: "x" }) === "rows"
  );
}

const FILLED = {
  llrp: { address: "x" },
  serial: { address: "/dev/x" },
  mqtt: { address: "mqtt://x" },
  http: {},
} as const;

const numberOf = ({ id }: ReadPointRow) => Number.parseInt(id, 10) || 0;
