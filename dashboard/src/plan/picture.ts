/** The picture of a floor, made ready for one theme: grey, and light on dark where the page is dark. */

const LONGEST = 2400;

interface Ready {
  readonly image: HTMLCanvasElement;
  readonly dark: boolean;
}

/** Pictures by address and theme; few, so they are kept. */
const known = new Map<string, Ready | null>();
const MOST = 8;

/** The picture, or null while it is loaded; then `whenThere` is called, once. */
export function pictureOf(address: string, dark: boolean, whenThere: () => void): Ready | null {
  const key = `${address} ${dark}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= MOST) known.clear();
  known.set(key, null);
  const image = new Image();
  image.onload = () => {
    const drawn = greyed(image, dark);
    known.set(key, drawn && { image: drawn, dark });
    whenThere();
  };
  // Asked for again when the plan is shown anew.
  image.onerror = () => known.delete(key);
  image.src = address;
  return null;
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
