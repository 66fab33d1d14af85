/** The picture of a floor, made ready for one theme: grey, and light on dark where the page is dark. */

const LONGEST = 2400;

interface Ready {
  readonly image: HTMLCanvasElement;
  readonly dark: boolean;
}

/** A picture, or who waits for it: several plans may show the same floor. */
interface Kept {
  ready: Ready | null;
  readonly waiting: Set<() => void>;
}

/** Pictures by address and theme; few, so they are kept. */
const known = new Map<string, Kept>();
const MOST = 8;
const AGAIN_MS = 30_000;

/** The picture, or null while it is loaded; then `whenThere` is called, once. */
export function pictureOf(address: string, dark: boolean, whenThere: () => void): Ready | null {
  const key = `${address} ${dark}`;
  const found = known.get(key) ?? load(address, dark, key);
  if (!found.ready) found.waiting.add(whenThere);
  return found.ready;
}

function load(address: string, dark: boolean, key: string): Kept {
  if (known.size >= MOST) known.clear();
  const made: Kept = { ready: null, waiting: new Set() };
  known.set(key, made);
  const tell = () => {
    const waiting = [...made.waiting];
    made.waiting.clear();
    for (const whenThere of waiting) whenThere();
  };
  const image = new Image();
  image.onload = () => {
    const drawn = greyed(image, dark);
    made.ready = drawn && { image: drawn, dark };
    tell();
  };
  // Who waits asks again: the gateway may have been away.
  image.onerror = () =>
    setTimeout(() => {
      if (known.get(key) === made) known.delete(key);
      tell();
    }, AGAIN_MS);
  image.src = address;
  return made;
}

/** What a picture becomes on a plan: grey, and light on dark where the page is dark. */
export function greyed(image: HTMLImageElement, dark: boolean): HTMLCanvasElement | null {
  const share = Math.min(1, LONGEST / Math.max(image.naturalWidth, image.naturalHeight, 1));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.naturalWidth * share));
  canvas.height = Math.max(1, Math.round(image.naturalHeight * share));
  const context = canvas.getContext("2d");
  if (!context) return null;
  const { width, height } = canvas;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(image, 0, 0, width, height);
  // Grey is normal: colours of a picture would say something that they do not mean.
  context.globalCompositeOperation = "saturation";
  context.fillStyle = "#808080";
  context.fillRect(0, 0, width, height);
  if (dark) {
    context.globalCompositeOperation = "difference";
    context.fillStyle = "#fff";
    context.fillRect(0, 0, width, height);
  }
  return canvas;
}
