/** Keys: a page says which keys do what; nothing happens while somebody types. */
import { useEffect, useRef } from "preact/hooks";
import { singleKeys } from "./preferences";

/** By key as `event.key` names it; with Ctrl or Cmd held: `Ctrl Enter`, `Ctrl Shift Z`. */
export type Keys = Record<string, ((event: KeyboardEvent) => void) | undefined>;

const stack: { keys: Keys }[] = [];

/** These keys do something as long as the component is there; the newest component goes first. */
export function useKeys(keys: Keys): void {
  const { current: mine } = useRef({ keys });
  mine.keys = keys;
  useEffect(() => {
    stack.push(mine);
    return () => {
      stack.splice(stack.indexOf(mine), 1);
    };
  }, [mine]);
}

/** Whether Alt is held for a sign that has no key of its own, such as `[` on German keyboards. */
function makesSign(event: KeyboardEvent): boolean {
  const isAlt = event.altKey && !event.metaKey && !event.ctrlKey;
  return (isAlt || isGraph(event)) && /^[^\w\s]$/.test(event.key);
}

const isGraph = (event: KeyboardEvent): boolean => event.getModifierState("AltGraph");

/** What an event is called in `Keys`. */
export function nameOf(event: KeyboardEvent): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const held = (event.ctrlKey || event.metaKey) && !makesSign(event) ? "Ctrl " : "";
  return (
    held +
    (held && event.shiftKey ? "Shift " : "") +
    (held ? key.replace(/^\w$/, (sign) => sign.toUpperCase()) : key)
  );
}

function isTyping(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  if (target instanceof HTMLSelectElement) return true;
  return (
    target instanceof HTMLInputElement &&
    !["checkbox", "radio", "range", "button"].includes(target.type)
  );
}

const ALSO_WHILE_TYPING = new Set(["Escape"]);

function answer(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || (event.altKey && !makesSign(event))) return;
  const name = nameOf(event);
  const held = name.startsWith("Ctrl ");
  if (isTyping(event) && !held && !ALSO_WHILE_TYPING.has(name)) return;
  if (!held && name.length === 1 && !singleKeys.value) return;
  const does = stack.findLast(({ keys }) => keys[name])?.keys[name];
  if (!does) return;
  event.preventDefault();
  does(event);
}

addEventListener("keydown", answer);
