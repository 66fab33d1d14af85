/** The shape of an asset in text: rows, chips, legends. */
import { OUTLINES, shapeNamed } from "./shapes";

interface ShapeGlyphProps {
  /** As `shapeOf(category)` says. */
  shape: number;
  /** Seen is filled, last known hollow and dashed, provisional hollow. */
  look?: "seen" | "lastKnown" | "provisional" | "picked";
}

export function ShapeGlyph({ shape, look = "seen" }: ShapeGlyphProps) {
  return (
    <svg class={`gl glyph-${look}`} viewBox="-7 -7 14 14" aria-hidden="true">
      <path d={OUTLINES[shapeNamed(shape)]} />
    </svg>
  );
}
