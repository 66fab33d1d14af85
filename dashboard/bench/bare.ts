/** The baseline of the benchmark: the live map on one canvas with the same shapes, and nothing else. */
import { emptyLive, takeFrame } from "../src/live/frame";
import { FloorMarks } from "../src/live/marks";
import { Glide } from "../src/plan/glide";
import { drawShapes } from "../src/plan/shapes-layer";
import { drawSprites } from "../src/plan/sprites";
import type { Marks } from "../src/plan/types";
import { fitted } from "../src/plan/view";

const COLOURS: Record<string, string> = { "--asset": "#b4bec4", "--plan-zone": "#1b2125" };
const palette = { colour: (token: string) => COLOURS[token] ?? "#7d888f", font: () => "" };
const canvas = document.querySelector("canvas");
const context = canvas?.getContext("2d");
const live = emptyLive();
const glide = new Glide();
const floor = new FloorMarks({ name: "hall", zones: [], shapeOf: (name) => Number(name.at(-1)) % 5 });
let marks: Marks | null = null;

const socket = new WebSocket(`ws://${location.host}/api/v1/live`);
socket.binaryType = "arraybuffer";
socket.onmessage = (event: MessageEvent<ArrayBuffer>) => {
  if (!takeFrame(live, event.data)) return;
  marks = floor.follow(live);
  glide.take(marks, performance.now(), true);
};

if (canvas && context) {
  const ratio = devicePixelRatio;
  const [width, height] = [innerWidth, innerHeight];
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const box = { left: 0, bottom: 0, right: 160, top: 95 };
  const view = fitted(box, { width, height, turned: false }, 10);
  const sprites = drawSprites(palette, ratio);
  const frame = (nowMs: number) => {
    requestAnimationFrame(frame);
    if (!marks || !glide.step(marks, nowMs)) return;
    context.clearRect(0, 0, canvas.width, canvas.height);
    drawShapes(context, view, ratio, marks, glide, sprites);
  };
  requestAnimationFrame(frame);
}
