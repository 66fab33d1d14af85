/** Line icons on a 24 px grid; they only ever stand beside a word, or in a button with a label. */
const PATHS = {
  live: "M3 6l6-2 6 2 6-2v14l-6 2-6-2-6 2zM9 4v14M15 6v14",
  alerts: "M12 4L21.5 20H2.5zM12 10v4.5M12 17.2v.3",
  find: "M4.5 11a6.5 6.5 0 1 0 13 0a6.5 6.5 0 1 0 -13 0M16 16l4.5 4.5",
  history: "M3.5 12a8.5 8.5 0 1 0 17 0a8.5 8.5 0 1 0 -17 0M12 7v5l3.5 2",
  stock: "M3 8l9-4.5L21 8v9l-9 4.5L3 17zM3 8l9 4.5L21 8M12 12.5v9",
  readers:
    "M12 13v8M8.5 9.5a5 5 0 0 1 7 0M5.5 6.5a9 9 0 0 1 13 0M11 12.5a1 1 0 1 0 2 0a1 1 0 1 0 -2 0",
  zones:
    "M5 5h14v9l-5 5H5zM3.6 5a1.4 1.4 0 1 0 2.8 0a1.4 1.4 0 1 0 -2.8 0M17.6 5a1.4 1.4 0 1 0 2.8 0a1.4 1.4 0 1 0 -2.8 0M3.6 19a1.4 1.4 0 1 0 2.8 0a1.4 1.4 0 1 0 -2.8 0",
  rules:
    "M4 7h9M17 7h3M4 17h3M11 17h9M13 7a2 2 0 1 0 4 0a2 2 0 1 0 -4 0M7 17a2 2 0 1 0 4 0a2 2 0 1 0 -4 0",
  system: "M4 4h16v7h-16zM4 13h16v7h-16zM7.5 7.5h.2M7.5 16.5h.2",
  more: "M5 12h.1M12 12h.1M19 12h.1",
  sound: "M4 9.5v5h3.5L12 18V6L7.5 9.5zM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11",
  play: "M7 5l12 7-12 7z",
  tick: "M5 12.5l4.5 4.5L19 7.5",
  arrow: "M4 12h15M13.5 6.5L19 12l-5.5 5.5",
  undo: "M8 5L4 9l4 4M4 9h10a5.5 5.5 0 0 1 0 11h-3",
  redo: "M16 5l4 4-4 4M20 9H10a5.5 5.5 0 0 0 0 11h3",
  close: "M6 6l12 12M18 6L6 18",
  full: "M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7",
  muted: "M4 9.5v5h3.5L12 18V6L7.5 9.5zM16 9.500l5 5M21 9.500l-5 5",
  pause: "M8 5v14M16 5v14",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  filter: "M4 6h16M7 12h10M10 18h4",
  wall: "M3 5h18v11H3zM9 20h6M12 16v4",
  quality: "M4 19V5M4 19h16M8 15l3-4 3 2 5-6",
  user: "M8 8a4 4 0 1 0 8 0a4 4 0 1 0 -8 0M4.500 20a7.500 7.500 0 0 1 15 0",
  download: "M12 4v11M7.500 11l4.500 4.500 4.500-4.500M4 20h16",
  link: "M10 14a4 4 0 0 0 5.700 0l3-3a4 4 0 0 0-5.700-5.700l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3a4 4 0 0 0 5.700 5.700l1-1",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="ic" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
