/** The colours can be told apart: by contrast (WCAG 2.2), and by eyes that lack a kind of cone. */
import { describe, expect, it } from "vitest";
import sheet from "./tokens.css?raw";

type Rgb = readonly [number, number, number];
type Tokens = Readonly<Record<string, string>>;

function blockOf(selector: string): Tokens {
  const body = sheet.slice(sheet.indexOf(`${selector} {`)).split("\n}")[0] ?? "";
  const named = [...body.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)];
  return Object.fromEntries(named.map(([, name, value]) => [name, value]));
}

const dark = blockOf(":root");
const THEMES = { dark, light: { ...dark, ...blockOf('[data-theme="light"]') } };

/** Red, green and blue of a token, linear, 0 to 1 (IEC 61966-2-1). */
function linear(theme: Tokens, token: string): Rgb {
  const hex = theme[token];
  if (!hex) throw new Error(`There is no token ${token}.`);
  const at = (from: number) => {
    const value = Number.parseInt(hex.slice(from, from + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [at(1), at(3), at(5)];
}

const dot = (one: Rgb, other: Rgb) => one[0] * other[0] + one[1] * other[1] + one[2] * other[2];

const LUMINANCE: Rgb = [0.2126, 0.7152, 0.0722];

/** 1 to 21, as WCAG 2.2 defines it. */
function contrast(theme: Tokens, one: string, other: string): number {
  const [low = 0, high = 0] = [one, other]
    .map((token) => dot(LUMINANCE, linear(theme, token)))
    .sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** What each ground must let be read: body text 7, other text 4.5, symbols and edges 3. */
const READ_ON: Record<string, Record<string, number>> = {
  bg: { ink: 7, "ink-2": 4.5, "ink-3": 4.5 },
  surface: {
    ...{ ink: 7, "ink-2": 4.5, "ink-3": 4.5, "control-edge": 3 },
    ...{ crit: 4.5, warn: 4.5, info: 4.5, pick: 4.5 },
  },
  raised: {
    ...{ ink: 7, "ink-2": 4.5, "ink-3": 4.5, "control-edge": 3 },
    ...{ crit: 4.5, warn: 4.5, info: 4.5 },
  },
  sunken: { "ink-3": 4.5 },
  hover: { ink: 7 },
  field: { ink: 7, "control-edge": 3 },
  ink: { "ink-inv": 7 },
  "plan-zone": {
    ...{ "plan-label": 4.5, asset: 3, "asset-stale": 3, pick: 4.5 },
    ...{ crit: 3, warn: 3, info: 3 },
  },
  "plan-floor": { "plan-label": 4.5, asset: 3, reader: 3, "plan-wall": 3 },
  "plan-yard": { "plan-label": 4.5, crit: 3, warn: 3 },
  "crit-fill": { crit: 4.5, ink: 7, "ink-2": 4.5 },
  "warn-fill": { warn: 4.5, ink: 7, "ink-2": 4.5 },
  "crit-solid": { "crit-on": 4.5 },
  "warn-solid": { "warn-on": 4.5 },
  "info-solid": { "info-on": 4.5 },
};

/** What is left of colours without one kind of cone, on linear RGB (Machado et al. 2009, table 1). */
const EYES: Record<string, readonly [Rgb, Rgb, Rgb]> = {
  all: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  "no red": [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  "no green": [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  "no blue": [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** CIE 1976 L*a*b* under D65. */
function lab(rgb: Rgb): Rgb {
  const root = (value: number) =>
    value > 216 / 24389 ? Math.cbrt(value) : ((24389 / 27) * value + 16) / 116;
  const x = root(dot([0.4124, 0.3576, 0.1805], rgb) / 0.95047);
  const y = root(dot(LUMINANCE, rgb));
  const z = root(dot([0.0193, 0.1192, 0.9505], rgb) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** CIE 1976 distance of two tokens for somebody's eyes; 2.3 is just noticed. */
function distance(theme: Tokens, eyes: readonly [Rgb, Rgb, Rgb], one: string, other: string) {
  const seen = (token: string) => {
    const rgb = linear(theme, token);
    const [red, green, blue] = eyes.map((row) => Math.min(1, Math.max(0, dot(row, rgb))));
    return lab([red ?? 0, green ?? 0, blue ?? 0]);
  };
  const [a, b] = [seen(one), seen(other)];
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

describe.each(Object.entries(THEMES))("in the %s theme", (_, theme) => {
  const pairs = Object.entries(READ_ON).flatMap(([ground, marks]) =>
    Object.entries(marks).map(([mark, least]) => [mark, ground, least] as const),
  );
  it.each(pairs)("%s can be read on %s: at least %d to 1", (mark, ground, least) => {
    expect(contrast(theme, mark, ground)).toBeGreaterThanOrEqual(least);
  });

  it.each(Object.entries(EYES))("severities differ for eyes with cones: %s", (_name, eyes) => {
    expect(distance(theme, eyes, "crit-solid", "warn-solid")).toBeGreaterThan(25);
    expect(distance(theme, eyes, "warn-solid", "info-solid")).toBeGreaterThan(25);
    expect(distance(theme, eyes, "crit-solid", "info-solid")).toBeGreaterThan(25);
  });
});
