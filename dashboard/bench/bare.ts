/** The baseline of the benchmark: the live map on one canvas with the same shapes, and nothing else. */
import { emptyLive, takeFrame } from "../src/live/frame";
import { FloorMarks } from "../src/live/marks";
import { Glide } from "../src/plan/glide";
import { Pace } from "../src/plan/pace";
import { ShapesLayer } from "../src/plan/shapes-layer";
import { drawSprites } from "../src/plan/sprites";
import type { Marks } from "../src/plan/types";
import { fitted } from "../src/plan/view";

const COLOURS: Record<string, string> = { "--asset": "#b4bec4", "--plan-zone": "#1b2125" };
const palette = { colour: (token: string) => COLOURS[token] ?? "#7d888f", font: () => "" };
const canvas = document.querySelector("canvas");
const context = canvas?.getContext("2d", { willReadFrequently: true });
const live = emptyLive();
const glide = new Glide();
const floor = new FloorMarks({
  name: "hall",
  zones: [],
  shapeOf: (name) => Number(name.at(-1)) % 5,
});
const shown: { current: Marks | null } = { current: null };
const pace = new Pace();

const socket = new WebSocket(`ws://${location.host}/api/v1/live`);
socket.binaryType = "arraybuffer";
socket.onmessage = (event: MessageEvent<ArrayBuffer>) => {
  if (!takeFrame(live, event.data)) return;
  shown.current = floor.follow(live);
  glide.take(shown.current, performance.now(), true);
};

if (canvas && context) {
  const ratio = devicePixelRatio;
  const asked = new URLSearchParams(location.search);
  const [width, height] = [Number(asked.get("width")), Number(asked.get("height"))];
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const box = { left: 0, bottom: 0, right: 160, top: 95 };
  const view = fitted(box, { width, height, turned: false }, 10);
  const sprites = drawSprites(palette, ratio);
  const shapes = new ShapesLayer(context);
  const frame = (nowMs: number) => {
    requestAnimationFrame(frame);
    const { current } = shown;
    if (!current || !pace.isDue(nowMs, current.count) || !glide.step(current, nowMs)) return;
    pace.run(nowMs, () => shapes.draw(view, ratio, current, glide, sprites));
  };
  requestAnimationFrame(frame);
}
