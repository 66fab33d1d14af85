/** The shapes of assets: one geometry for the canvas and for SVG, none like that of an alarm. */

/** A place in this list is what `Marks.shape` holds. */
export const SHAPES = ["square", "arrow", "bar", "hexagon", "dot"] as const;
export type ShapeName = (typeof SHAPES)[number];

const SQUARE = 0;
const WORDS: readonly (readonly [RegExp, number])[] = [
  [/fork|truck|lift|vehicle|tug|trolley|cart|bike|\bcar\b|stapler|wagen|fahrzeug|bed\b|bett/i, 1],
  [/laptop|notebook|computer|tablet|monitor|phone|screen|\bit\b|rechner|telefon/i, 2],
  [/tool|case|kit|instrument|device|pump|meter|drill|werkzeug|koffer|gerät/i, 3],
  [/badge|person|people|staff|visitor|patient|guard|ausweis|mitarbeiter|besuch/i, 4],
];

/** The shape of a category, by the words in its name; what none of them fits is a square. */
export function shapeOf(category: string): number {
  return WORDS.find(([word]) => word.test(category))?.[1] ?? SQUARE;
}

/** The outline around 0, 0 as SVG path data; one unit is a pixel of a 16 px root. */
export const OUTLINES: Record<ShapeName, string> = {
  square: "M-3.1 -3.1H3.1V3.1H-3.1Z",
  arrow: "M0 -5.6L4 -1.4V4.4H-4V-1.4Z",
  bar: "M-5 -2.6H5V2.6H-5Z",
  hexagon: "M-4.4 0L-2.2 -3.8H2.2L4.4 0L2.2 3.8H-2.2Z",
  dot: "M-3.5 0A3.5 3.5 0 1 1 3.5 0A3.5 3.5 0 1 1 -3.5 0Z",
};

/** The name of a shape by its number. */
export function shapeNamed(shape: number): ShapeName {
  return SHAPES[shape] ?? "square";
}
