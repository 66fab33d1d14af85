export function ZonePreview() {
  return null;
}
