/** Joins the stage, Leaflet and the pointer to a plan's element, for as long as it is shown. */
import { effect } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Leaf } from "./leaf";
import { isPhone } from "./media";
import { palette } from "./palette";
import type { PlanProps } from "./plan";
import { listen } from "./pointing";
import type { Scene } from "./scene";
import { Stage } from "./stage";
import type { PlanHandle } from "./types";
import { fitted, holding, seenOf, toMetres, toScreen, type View } from "./view";

/** What there is while the plan is shown. */
interface Shown {
  readonly stage: Stage;
  readonly leaf: Leaf | null;
  readonly host: HTMLElement;
}

const STILL_PAD = 6;

export function usePlanStage(
  ref: RefObject<HTMLDivElement | null>,
  scene: Scene,
  turned: boolean,
  props: PlanProps,
): void {
  const shown = useRef<Shown | null>(null);
  const newest = useRef({ props, scene, turned });
  newest.current = { props, scene, turned };
  useLayoutEffect(() => {
    const host = ref.current;
    if (!host) return;
    const made = begin(host, () => newest.current);
    shown.current = made.shown;
    return () => {
      shown.current = null;
      made.end();
    };
  }, []);
  const { extent } = scene.floor;
  useLayoutEffect(() => {
    const { leaf, stage, host } = shown.current ?? {};
    if (!stage || !host) return;
    stage.setPhone(isPhone.value && !props.still);
    if (leaf) leaf.setExtent(extent, turned);
    else showStill(stage, host, newest.current);
  }, [extent, turned, props.still]);
  useLayoutEffect(() => {
    const { stage, host, leaf } = shown.current ?? {};
    if (!stage || !host) return;
    if (!leaf) showStill(stage, host, newest.current);
    else if (props.focus) leaf.show(props.focus);
  }, [props.focus, extent]);
  useLayoutEffect(() => shown.current?.stage.setScene(scene));
  useFollow(shown, scene, props);
}

/** Bring a picked asset into view once, and keep it there where it is followed. */
function useFollow(shown: RefObject<Shown | null>, scene: Scene, props: PlanProps): void {
  const held = useRef<string | null>(null);
  useEffect(() => {
    const { stage, leaf } = shown.current ?? {};
    const spot = stage && leaf && scene.picked ? stage.find(scene.picked) : null;
    if (!spot) {
      if (!scene.picked) held.current = null;
      return;
    }
    if (held.current === scene.picked && !props.follow) return;
    held.current = scene.picked;
    leaf?.hold(spot);
  }, [scene.picked, scene.marks, props.follow]);
}

type Newest = () => { props: PlanProps; scene: Scene; turned: boolean };

function showStill(
  stage: Stage,
  host: HTMLElement,
  { props, scene, turned }: ReturnType<Newest>,
): void {
  const [width, height] = [host.clientWidth, host.clientHeight];
  const box = props.focus ?? scene.floor.extent;
  stage.setView(fitted(box, { width, height, turned }, STILL_PAD), false);
}

function begin(host: HTMLElement, newest: Newest): { shown: Shown; end: () => void } {
  const { props, scene, turned } = newest();
  const canvases = [0, 1, 2].map(() => host.appendChild(document.createElement("canvas")));
  // The layer of the assets is written by the pixel: it stays in the memory of the processor.
  const layers = canvases.map((canvas, at) =>
    canvas.getContext("2d", { willReadFrequently: at === 1 }),
  );
  const [ground, shapes, over] = layers;
  if (!ground || !shapes || !over) throw new Error("This browser draws no canvas.");
  const stage = new Stage([ground, shapes, over]);
  stage.onView = (view) => newest().props.onSeen?.(seenOf(view));
  const leaf = props.still
    ? null
    : new Leaf(host, scene.floor.extent, turned, scene.motion, (view, smooth) =>
        stage.setView(view, smooth),
      );
  const shown = { stage, leaf, host };
  const ends = [
    watchSize(shown, newest),
    effect(() => {
      void palette.value;
      stage.redraw();
    }),
    props.still && !props.onPick && !props.onPointer
      ? () => {}
      : listen(host, stage, leaf, () => newest().props),
  ];
  props.handle?.(handleOf(stage, leaf));
  return {
    shown,
    end: () => {
      newest().props.handle?.(null);
      for (const each of ends) each();
      stage.end();
      leaf?.end();
      for (const canvas of canvases) canvas.remove();
    },
  };
}

function watchSize({ stage, leaf, host }: Shown, newest: Newest): () => void {
  let isFirst = true;
  const observer = new ResizeObserver(() => {
    if (!host.clientWidth || !host.clientHeight) return;
    const { props, scene, turned } = newest();
    if (!leaf) showStill(stage, host, newest());
    else if (!isFirst) leaf.resize();
    else {
      leaf.setExtent(scene.floor.extent, turned);
      if (props.focus) leaf.show(props.focus, false);
    }
    isFirst = false;
  });
  observer.observe(host);
  return () => observer.disconnect();
}

function handleOf(stage: Stage, leaf: Leaf | null): PlanHandle {
  const view = (): View =>
    stage.view() ?? { x: 0, y: 0, scale: 1, width: 1, height: 1, turned: false };
  return {
    toScreen: ({ x, y }) => toScreen(view(), x, y),
    toMetres: (screenX, screenY) => toMetres(view(), screenX, screenY),
    scale: () => view().scale,
    seen: () => seenOf(view()),
    zoomBy: (steps) => leaf?.zoomBy(steps),
    panBy: (x, y) => leaf?.panBy(x, y),
    showAll: () => leaf?.showAll(),
    show: (box) => leaf?.show(box),
    hold: (point) => (leaf ? leaf.hold(point) : stage.setView(holding(view(), point), true)),
    redraw: () => stage.redraw(),
  };
}
