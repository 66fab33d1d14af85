import { words } from "../words";

export function Page() {
  return (
    <div class="page">
      <h1>{words().frame.pages.zones}</h1>
    </div>
  );
}
