/** Leaflet moves the plan: dragging, pinching, the wheel. It draws nothing; the stage does. */
import {
  CRS,
  type LatLngTuple,
  type Map as LeafletMap,
  latLngBounds,
  map as makeMap,
} from "leaflet";
import type { BoxM, PointM } from "./types";
import { bounded, fitted, holding, type View } from "./view";

const PAD = 10;
/** The closest look: so many pixels a metre. */
const CLOSEST = 160;
const BEYOND = 0.15;

/** A plan's view in the hands of Leaflet. `onView` hears each change, and whether it may be smooth. */
export class Leaf {
  private readonly map: LeafletMap;
  private extent: BoxM;
  private turned = false;
  private quiet = false;

  constructor(
    host: HTMLElement,
    extent: BoxM,
    turned: boolean,
    motion: boolean,
    private readonly onView: (view: View, smooth: boolean) => void,
  ) {
    this.extent = extent;
    this.turned = turned;
    this.map = makeMap(host, {
      crs: CRS.Simple,
      attributionControl: false,
      zoomControl: false,
      zoomAnimation: false,
      fadeAnimation: false,
      markerZoomAnimation: false,
      inertia: motion,
      keyboard: false,
      boxZoom: false,
      trackResize: false,
      zoomSnap: 0,
      zoomDelta: 0.5,
      wheelPxPerZoomLevel: 120,
      maxBoundsViscosity: 1,
      center: this.place({ x: 0, y: 0 }),
      zoom: 0,
    });
    let scale = 0;
    this.map.on("move zoom viewreset", () => {
      if (this.quiet) return;
      const view = this.view();
      const zoomed = view.scale !== scale;
      if (zoomed) this.setBounds(view);
      scale = view.scale;
      this.onView(view, zoomed);
    });
  }

  end(): void {
    this.map.remove();
  }

  drags(allowed: boolean): void {
    if (allowed) this.map.dragging.enable();
    else this.map.dragging.disable();
  }

  /** Another floor, another size of the window: the whole of it is shown. */
  setExtent(extent: BoxM, turned: boolean): void {
    this.extent = extent;
    this.turned = turned;
    this.resize();
    this.showAll(false);
  }

  /** The element has another size; the middle stays, and a plan that was seen whole is again. */
  resize(): void {
    const { x, y, scale } = this.view();
    const wasWhole = scale <= this.whole().scale * 1.02;
    this.quiet = true;
    this.map.invalidateSize({ animate: false, pan: false });
    const whole = this.whole();
    this.map.setMinZoom(Math.log2(whole.scale));
    this.map.setMaxZoom(Math.log2(Math.max(CLOSEST, whole.scale * 4)));
    this.quiet = false;
    this.go(wasWhole ? whole : { ...whole, x, y, scale: Math.max(scale, whole.scale) }, false);
  }

  /** The view that shows the whole plan. */
  whole(): View {
    const { x: width, y: height } = this.map.getSize();
    return fitted(this.extent, { width, height, turned: this.turned }, PAD);
  }

  view(): View {
    const { lat, lng } = this.map.getCenter();
    const { x: width, y: height } = this.map.getSize();
    const point = this.turned ? { x: -lat, y: lng } : { x: lng, y: lat };
    return { ...point, scale: 2 ** this.map.getZoom(), width, height, turned: this.turned };
  }

  showAll(smooth = true): void {
    this.go(this.whole(), smooth);
  }

  show(box: BoxM, smooth = true): void {
    const view = fitted(box, this.view(), PAD * 4);
    const scale = Math.min(Math.max(view.scale, this.whole().scale), CLOSEST / 3);
    this.go({ ...view, scale }, smooth);
  }

  zoomBy(steps: number): void {
    const view = this.view();
    this.go({ ...view, scale: view.scale * 2 ** (steps * 0.5) }, true);
  }

  panBy(x: number, y: number): void {
    const view = this.view();
    const [dx, dy] = [x / view.scale, y / view.scale];
    const to = view.turned
      ? { x: view.x + dy, y: view.y + dx }
      : { x: view.x + dx, y: view.y - dy };
    this.go({ ...view, ...to }, true);
  }

  /** Have a point in view with its margin; a plan that is seen whole stays whole. */
  hold(point: PointM): void {
    const view = this.view();
    if (view.scale <= this.whole().scale * 1.02) return;
    const held = holding(view, point);
    if (held !== view) this.go(held, true);
  }

  private go(view: View, smooth: boolean): void {
    const whole = this.whole();
    const scale = Math.min(Math.max(view.scale, whole.scale), Math.max(CLOSEST, whole.scale * 4));
    const to = bounded({ ...view, scale }, this.extent);
    this.quiet = true;
    this.map.setView(this.place(to), Math.log2(scale), { animate: false });
    this.quiet = false;
    this.setBounds(to);
    this.onView(this.view(), smooth);
  }

  /** Leaflet keeps a drag within these bounds: they grow with the view's share beyond the plan. */
  private setBounds(view: View): void {
    const { extent } = this;
    const [wide, high] = [view.width / view.scale, view.height / view.scale];
    const [dx, dy] = view.turned ? [high * BEYOND, wide * BEYOND] : [wide * BEYOND, high * BEYOND];
    const one = this.place({ x: extent.left - dx, y: extent.bottom - dy });
    const other = this.place({ x: extent.right + dx, y: extent.top + dy });
    this.map.options.maxBounds = latLngBounds(one, other);
  }

  private place({ x, y }: PointM): LatLngTuple {
    return this.turned ? [-x, y] : [y, x];
  }
}
