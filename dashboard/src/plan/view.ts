/** What part of a floor is seen, and where a point of it lies on the screen. Pure. */
import type { BoxM, PointM } from "./types";

/** `x` and `y` are the middle in metres; turned by a quarter, the floor's left is on top. */
export interface View {
  readonly x: number;
  readonly y: number;
  /** Pixels a metre. */
  readonly scale: number;
  readonly width: number;
  readonly height: number;
  readonly turned: boolean;
}

/** Pixels from the left and from the top. */
export function toScreen(view: View, x: number, y: number): readonly [number, number] {
  const [dx, dy] = [(x - view.x) * view.scale, (y - view.y) * view.scale];
  return view.turned
    ? [view.width / 2 + dy, view.height / 2 + dx]
    : [view.width / 2 + dx, view.height / 2 - dy];
}

/** The point of the floor under a pixel. */
export function toMetres(view: View, screenX: number, screenY: number): PointM {
  const [dx, dy] = [
    (screenX - view.width / 2) / view.scale,
    (screenY - view.height / 2) / view.scale,
  ];
  return view.turned ? { x: view.x + dy, y: view.y + dx } : { x: view.x + dx, y: view.y - dy };
}

/** The part of the floor that is seen. */
export function seenOf(view: View): BoxM {
  const [one, other] = [toMetres(view, 0, view.height), toMetres(view, view.width, 0)];
  return {
    left: Math.min(one.x, other.x),
    bottom: Math.min(one.y, other.y),
    right: Math.max(one.x, other.x),
    top: Math.max(one.y, other.y),
  };
}

interface Screen {
  readonly width: number;
  readonly height: number;
  readonly turned: boolean;
}

/** The view that shows a box as large as it goes, with `pad` pixels around it. */
export function fitted(box: BoxM, screen: Screen, pad: number): View {
  const [wide, high] = [box.right - box.left || 1, box.top - box.bottom || 1];
  const [across, down] = screen.turned ? [high, wide] : [wide, high];
  const room = (size: number) => Math.max(size - 2 * pad, 16);
  return {
    x: (box.left + box.right) / 2,
    y: (box.bottom + box.top) / 2,
    scale: Math.min(room(screen.width) / across, room(screen.height) / down),
    ...screen,
  };
}

/** So much of the view may lie beyond the plan. */
const BEYOND = 0.15;

/** The middle moved so that the view is never half empty; what fits in whole is centred. */
export function bounded(view: View, box: BoxM): View {
  const seen = seenOf(view);
  const wide = (seen.right - seen.left) * (0.5 - BEYOND);
  const high = (seen.top - seen.bottom) * (0.5 - BEYOND);
  return {
    ...view,
    x: within(view.x, box.left + wide, box.right - wide),
    y: within(view.y, box.bottom + high, box.top - high),
  };
}

function within(value: number, least: number, most: number): number {
  return least > most ? (least + most) / 2 : Math.min(Math.max(value, least), most);
}

/** A picked asset is kept so far from the edges of the view, as a share of its size. */
export const MARGIN = 0.2;

/** The view moved as little as it takes to have a point in it with the margin. */
export function holding(view: View, point: PointM): View {
  const [x, y] = toScreen(view, point.x, point.y);
  const mx = within(x, view.width * MARGIN, view.width * (1 - MARGIN));
  const my = within(y, view.height * MARGIN, view.height * (1 - MARGIN));
  if (mx === x && my === y) return view;
  const middle = toMetres(view, view.width / 2 + x - mx, view.height / 2 + y - my);
  return { ...view, x: middle.x, y: middle.y };
}

/** The view on the way from one to another, `share` from 0 to 1; the scale grows evenly. */
export function between(from: View, to: View, share: number): View {
  const scale = from.scale * (to.scale / from.scale) ** share;
  // Where both views have the same point at the same pixel, it stays there on the way.
  const weight =
    from.scale === to.scale
      ? share
      : (1 / from.scale - 1 / scale) / (1 / from.scale - 1 / to.scale);
  return {
    ...to,
    scale,
    x: from.x + (to.x - from.x) * weight,
    y: from.y + (to.y - from.y) * weight,
  };
}

const ROUND = [1, 2, 5];

/** The scale bar: the longest round length that is at most `most` pixels long. */
export function barOf(scale: number, most: number): { metres: number; pixels: number } {
  const limit = most / scale;
  const power = 10 ** Math.floor(Math.log10(limit));
  const metres = power * (ROUND.findLast((each) => each * power <= limit) ?? 1);
  return { metres, pixels: metres * scale };
}
