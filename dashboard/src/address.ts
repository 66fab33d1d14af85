/** Where the page is: the path names the page, the query all else of the view, so it can be shared. */
import { computed, signal } from "@preact/signals";

const here = signal(readAddress());

function readAddress() {
  return { page: location.pathname.slice(1).replace(/\/+$/, "") || "live", query: location.search };
}

/** A page that would lose something is asked: false stays, and `leave` may be called later. */
export const leaving: { ask: ((leave: () => void) => boolean) | null } = { ask: null };

/** Show another address; a page that would lose something may keep it back. */
function show(address: string): void {
  const leave = () => {
    if (address !== location.pathname + location.search) history.pushState(null, "", address);
    here.value = readAddress();
  };
  if (!leaving.ask || leaving.ask(leave)) leave();
}

addEventListener("popstate", () => {
  const { page, query } = here.value;
  const wanted = readAddress();
  if (wanted.page === page && wanted.query === query) return;
  if (!leaving.ask || leaving.ask(() => history.back())) here.value = wanted;
  else history.pushState(null, "", `/${page}${query}`);
});

/** The page that is shown, such as `live`. */
export const page = computed(() => here.value.page);
const search = computed(() => new URLSearchParams(here.value.query));

/** What the query says for `name`; null where it says nothing. A signal's value: reading subscribes. */
export function asked(name: string): string | null {
  return search.value.get(name);
}

export type View = Record<string, string | number | boolean | null | undefined>;

/** The address of a page with its view. */
export function addressTo(target: string, view: View = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(view)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return `/${target}${text ? `?${text}` : ""}`;
}

/** Show another page; it can be gone back from. */
export function go(target: string, view: View = {}): void {
  show(addressTo(target, view));
}

/** Show another page in place of this one, which nobody can go back to or stay on. */
export function instead(target: string, view: View = {}): void {
  history.replaceState(null, "", addressTo(target, view));
  here.value = readAddress();
}

/** Change something of the view; null takes it out. `push` makes a step to go back to. */
export function look(view: View, push = false): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(view)) {
    if (value === null || value === undefined || value === "") query.delete(name);
    else query.set(name, String(value));
  }
  const text = query.toString();
  const address = location.pathname + (text ? `?${text}` : "");
  if (push) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  here.value = readAddress();
}

/** Follow links to our own pages without loading anew. */
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute("download")) return;
  const apart = ["/api/", "/docs", "/openapi.json", "/metrics", "/static/"];
  if (link.origin !== location.origin || apart.some((each) => link.pathname.startsWith(each)))
    return;
  // A place on this page, such as the one that the first link skips to, is the browser's to show.
  const isHere = link.pathname + link.search === location.pathname + location.search;
  if (isHere && link.hash) return;
  event.preventDefault();
  show(link.pathname + link.search + link.hash);
}
