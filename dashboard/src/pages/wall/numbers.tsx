/** The five numbers of the wall. */
import { asOf } from "../../live/as-of";
import { tallies } from "../../live/live";
import { readerFigures, readers } from "../../live/readers";
import { figure } from "../../numbers";
import { words } from "../../words";

export function Numbers() {
  const told = words().live.wall;
  const { all, seen, lastKnown } = tallies.value.site;
  const { answering, all: installed, perSecond } = readerFigures.value;
  const numbers: [string, string][] = [
    [figure(all), told.assets],
    [figure(seen), told.seen],
    [figure(lastKnown), told.lastKnown],
    [readers.value ? told.of(answering, installed) : "…", told.readers],
    [readers.value ? figure(Math.round(perSecond)) : "…", told.reads],
  ];
  const old = asOf();
  return (
    <div class={old ? "wnum is-old" : "wnum"}>
      {old && <p>{old}</p>}
      {numbers.map(([value, text]) => (
        <div key={text}>
          <b>{value}</b>
          <span>{text}</span>
        </div>
      ))}
    </div>
  );
}
