/** Three canvases over one another: ground, assets, and what stands above; drawn when it must be. */
import { theme } from "../preferences";
import { mayAsk } from "../site";
import { Camera } from "./camera";
import { countsOf } from "./counts";
import { isHot } from "./drawn-alarms";
import { finderOf, nearest } from "./finding";
import { Glide } from "./glide";
import { drawGround } from "./ground";
import { drawMap } from "./map";
import { drawOver, type Placed, placed, showsCounts } from "./over";
import { Pace } from "./pace";
import { type Palette, palette, unitNow } from "./palette";
import { pictureOf } from "./picture";
import type { Scene } from "./scene";
import { ShapesLayer } from "./shapes-layer";
import { smallestZone } from "./site";
import { drawSprites, type Sprites } from "./sprites";
import type { FloorLink } from "./tags";
import type { Pen, PointM } from "./types";
import { seenOf, toMetres, toScreen, type View } from "./view";

const LABELS_MS = 2000;
const NUMBERS_MS = 1000;
/** The ring needs no more. */
const RING_FRAME_MS = 50;

type Context = CanvasRenderingContext2D;
type Layers = readonly [ground: Context, shapes: Context, over: Context];

/** Draws one plan into its canvases. Everything else tells it what to show. */
export class Stage {
  private scene: Scene | null = null;
  private readonly camera = new Camera();
  private readonly glide = new Glide();
  private sprites: Sprites | null = null;
  private look: { palette: Palette; unit: number; ratio: number; size: number } | null = null;
  private set: Placed | null = null;
  private numbers: { atMs: number; byZone: Uint32Array } | null = null;
  private readonly dirty = { ground: true, shapes: true, over: true };
  private readonly shapes: ShapesLayer;
  private readonly pace = new Pace();
  /** Whether fixes have come since that are not shown yet, or not where they are. */
  private moves = false;
  private overMs = 0;
  private unit = unitNow();
  private frameId = 0;
  /** Where an asset is drawn just now; null where it is not on this plan. */
  readonly find = finderOf(this.glide, () => this.scene?.marks ?? null);
  links: readonly FloorLink[] = [];
  /** Called before each drawing with the view that is drawn. */
  onView: (view: View) => void = () => {};

  constructor(
    private readonly layers: Layers,
    private phone = false,
  ) {
    this.shapes = new ShapesLayer(layers[1]);
  }

  end(): void {
    cancelAnimationFrame(this.frameId);
    this.frameId = -1;
    this.pace.end();
  }

  /** Show another scene; what is the same is not drawn again. */
  setScene(scene: Scene): void {
    const before = this.scene;
    this.scene = scene;
    const changed = (...names: (keyof Scene)[]) =>
      !before || names.some((name) => before[name] !== scene[name]);
    if (changed("floor", "unheard", "restricted", "pickedZone", "readers", "layers", "stale")) {
      this.dirty.ground = true;
    }
    if (changed("floor", "mode", "plain", "counted")) this.set = null;
    if (changed("marks") && scene.marks) this.take(scene);
    if (changed("dim", "stale", "size", "mode")) this.dirty.shapes = true;
    if (Object.keys(scene).some((name) => name !== "marks" && changed(name as keyof Scene))) {
      this.dirty.over = true;
    }
    this.ask();
  }

  private take(scene: Scene): void {
    if (!scene.marks) return;
    const glides = scene.motion && document.visibilityState === "visible";
    this.glide.take(scene.marks, performance.now(), glides);
    this.moves = true;
  }

  setPhone(phone: boolean): void {
    this.phone = phone;
    this.set = null;
    this.redraw();
  }

  /** Look at another part; smoothly where `smooth` says so and the scene may move. */
  setView(view: View, smooth: boolean): void {
    this.camera.turn(view, smooth && Boolean(this.scene?.motion), performance.now());
    this.redraw();
  }

  redraw(): void {
    this.unit = unitNow();
    this.dirty.ground = true;
    this.dirty.shapes = true;
    this.dirty.over = true;
    this.ask();
  }

  /** The view that is drawn just now. */
  view(): View | null {
    return this.camera.at(performance.now());
  }

  private ask(): void {
    if (this.frameId === 0) this.frameId = requestAnimationFrame(this.frame);
  }

  private readonly frame = (nowMs: number): void => {
    if (this.frameId === -1) return;
    this.frameId = 0;
    const { scene } = this;
    const wasZooming = this.camera.moves;
    const view = this.camera.at(nowMs);
    if (!scene || !view || view.width < 2 || view.height < 2) return;
    this.fitLook(scene, view);
    if (wasZooming) this.dirty.ground = true;
    if (wasZooming || (this.moves && this.pace.isDue(nowMs, scene.marks?.count ?? 0)))
      this.dirty.shapes = true;
    if (this.dirty.shapes && scene.marks) this.moves = this.glide.step(scene.marks, nowMs);
    this.drawDirty(scene, view, nowMs);
    if (this.moves || this.camera.moves || this.hasRing(scene)) this.ask();
  };

  private drawDirty(scene: Scene, view: View, nowMs: number): void {
    const { dirty } = this;
    this.place(scene, view, nowMs);
    if (dirty.ground) {
      this.onView(view);
      this.paintGround(scene, view);
      dirty.over = true;
      dirty.shapes = true;
    }
    const isRingDue = this.hasRing(scene) && nowMs - this.overMs > RING_FRAME_MS;
    const follows = dirty.shapes && (scene.picked !== null || scene.alarms.length > 0);
    if (dirty.shapes) this.pace.run(nowMs, () => this.paintShapes(scene, view));
    if (dirty.over || isRingDue || follows) this.paintOver(scene, view, nowMs);
    dirty.ground = false;
    dirty.shapes = false;
    dirty.over = false;
  }

  private hasRing(scene: Scene): boolean {
    if (!scene.motion || scene.plain) return false;
    return scene.alarms.some(isHot);
  }

  private place(scene: Scene, view: View, nowMs: number): void {
    const { set } = this;
    const isOld = !set || nowMs - set.atMs > LABELS_MS || set.pen.scale !== view.scale;
    const isNumberOld = !this.numbers || nowMs - this.numbers.atMs > NUMBERS_MS || !set;
    if (isNumberOld && scene.marks) {
      const { byZone } = countsOf(scene.marks, scene.floor.zones.length);
      if (byZone.some((count, zone) => count !== this.numbers?.byZone[zone]))
        this.dirty.over = true;
      this.numbers = { atMs: nowMs, byZone };
    }
    if (!isOld) return;
    const pen = this.pen(2, view);
    const counts = showsCounts(scene, pen, this.phone, set?.counts ?? false);
    if (counts !== set?.counts) {
      this.dirty.shapes = true;
      this.dirty.ground = true;
    }
    this.set = placed(scene, pen, counts, nowMs);
    this.dirty.over = true;
  }

  private fitLook(scene: Scene, view: View): void {
    const [unit, ratio] = [this.unit * scene.enlarged, devicePixelRatio || 1];
    const now = palette.peek();
    const { look } = this;
    if (
      look?.palette !== now ||
      look.unit !== unit ||
      look.ratio !== ratio ||
      look.size !== scene.size
    ) {
      this.look = { palette: now, unit, ratio, size: scene.size };
      this.sprites = drawSprites(now, unit * ratio * scene.size);
      this.set = null;
      this.dirty.ground = true;
    }
    for (const { canvas } of this.layers) {
      const [width, height] = [Math.round(view.width * ratio), Math.round(view.height * ratio)];
      if (canvas.width === width && canvas.height === height) continue;
      canvas.width = width;
      canvas.height = height;
      this.dirty.ground = true;
    }
  }

  private pen(layer: 0 | 1 | 2, view: View): Pen {
    const { palette: chosen, unit } = this.look ?? { palette: palette.peek(), unit: 1 };
    return {
      context: this.layers[layer],
      width: view.width,
      height: view.height,
      scale: view.scale,
      unit,
      colour: chosen.colour,
      font: chosen.font,
      toScreen: ({ x, y }) => toScreen(view, x, y),
    };
  }

  private clear(layer: 0 | 1 | 2, view: View): Pen {
    const ratio = this.look?.ratio ?? 1;
    const context = this.layers[layer];
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, view.width, view.height);
    return this.pen(layer, view);
  }

  private paintGround(scene: Scene, view: View): void {
    const pen = this.clear(0, view);
    pen.context.globalAlpha = scene.stale ? 0.45 : 1;
    const address = scene.floor.picture;
    const dark = theme.peek() === "dark";
    const picture = address === null ? null : pictureOf(address, dark, this.groundCame);
    const { map } = scene.floor;
    if (map && mayAsk(map))
      drawMap(pen, { map, dark, seen: seenOf(view), whenThere: this.groundCame });
    const counts = this.set?.counts ?? false;
    drawGround(pen, scene.floor, { ...scene, picture, counts, onMap: map !== null });
    pen.context.globalAlpha = 1;
  }

  private readonly groundCame = (): void => {
    this.dirty.ground = true;
    this.ask();
  };

  private paintShapes(scene: Scene, view: View): void {
    const { marks } = scene;
    const { canvas } = this.layers[1];
    const opacity = scene.stale ? "0.4" : scene.dim ? "0.5" : "1";
    if (canvas.style.opacity !== opacity) canvas.style.opacity = opacity;
    if (!marks || !this.sprites || this.set?.counts) this.shapes.clear();
    else this.shapes.draw(view, this.look?.ratio ?? 1, marks, this.glide, this.sprites);
  }

  private paintOver(scene: Scene, view: View, nowMs: number): void {
    this.overMs = nowMs;
    const pen = this.clear(2, view);
    if (!this.set || !this.look) return;
    const { palette: chosen } = this.look;
    const shared = { scene, pen, placed: this.set, find: this.find, palette: chosen };
    this.links = drawOver({ ...shared, nowMs, counts: this.numbers?.byZone ?? null });
  }

  /** The asset that is drawn nearest to a pixel, within `reach` pixels; null in counts mode. */
  assetAt(screenX: number, screenY: number, reach: number): string | null {
    const view = this.view();
    const { marks } = this.scene ?? {};
    if (!view || !marks || this.set?.counts) return null;
    return nearest(marks, this.glide, toMetres(view, screenX, screenY), reach / view.scale);
  }

  /** The smallest zone at a point. */
  zoneAt(point: PointM): string | null {
    return this.scene ? smallestZone(this.scene.floor, point) : null;
  }
}
